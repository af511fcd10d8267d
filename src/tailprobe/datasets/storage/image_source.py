"""What a reader says of where an image is."""

import io
from typing import Protocol, runtime_checkable

Stream = io.BytesIO | io.BufferedReader


@runtime_checkable
class Place(Protocol):
    """Where the bytes of one image are; `str` of it names the place to a user.

    A place holds text and numbers alone, no open file, so that it may be read from any thread and sent to any process.
    """

    def read(self) -> bytes:
        """Return the encoded bytes; raises InputError where they cannot be had."""
        ...

    def signature(self) -> str:
        """Return a text that changes with the bytes, without reading them; raises InputError where they are missing."""
        ...

    def header(self) -> Stream:
        """Open the bytes for a look at their beginning; raises InputError or OSError."""
        ...
