"""The interface of an image source: where the bytes of one image are."""

import io
from typing import Protocol, runtime_checkable

Stream = io.BytesIO | io.BufferedReader


@runtime_checkable
class ImageSource(Protocol):
    """Where the bytes of one image are; `str` of it names the image in messages.

    An image source holds text and numbers alone, no open file, so that it can be read from any thread and sent to any
    process.
    """

    def read(self) -> bytes:
        """Return the encoded bytes; raises InputError where they cannot be read."""
        ...

    def etag(self) -> str:
        """Return a text that changes with the bytes, without reading them; raises InputError where they are missing."""
        ...

    def header(self) -> Stream:
        """Open the bytes to read their beginning; raises InputError or OSError."""
        ...
