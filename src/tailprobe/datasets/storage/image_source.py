"""The interface of an image source: where the bytes of one image are."""

import io
from typing import Protocol, runtime_checkable

Stream = io.BytesIO | io.BufferedReader


@runtime_checkable
class ImageSource(Protocol):
    """Where the bytes of one image are; `str(source)` names the image in messages.

    An image source holds only strings and numbers, no open file, so that it can be used from any thread and pickled.
    """

    def read(self) -> bytes:
        """Return the encoded bytes; raises InputError if they cannot be read."""
        ...

    def etag(self) -> str:
        """Return a string that changes with the content, without reading it; raises InputError if it is missing."""
        ...

    def header(self) -> Stream:
        """Return a stream for reading the beginning of the image; raises InputError or OSError."""
        ...
