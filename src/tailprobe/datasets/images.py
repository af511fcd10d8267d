"""LabeledImages: what every reader gives."""

import functools
import io
import lzma
import threading
import zipfile
import zlib
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from jaxtyping import Int

from tailprobe.datasets.place import Place, Stream
from tailprobe.datasets.url import Source, Url
from tailprobe.errors import InputError
from tailprobe.labels import Labels


@dataclass(frozen=True)
class Location:
    """The `Place` of an image that is a file, or a member of a .zip archive."""

    path: Source
    member: str | None = None

    def read(self) -> bytes:
        """Return the encoded bytes.

        Raises:
            InputError: the file or member is missing or cannot be read.
        """
        try:
            if self.member is None:
                return (self.path if isinstance(self.path, Url) else _regular(self.path)).read_bytes()
            return _archive(self.path, threading.get_ident()).read(self.member)
        except _DAMAGE as error:
            raise InputError(f"{self}: cannot be read ({error}); restore the file or leave its row out") from error

    def signature(self) -> str:
        """Return a text that changes with the bytes: size and time of change of a file, checksum and size of a member.

        Raises:
            InputError: the file or member is missing.
        """
        try:
            if self.member is None:
                if isinstance(self.path, Url):
                    return self.path.signature()
                status = self.path.stat()
                return f"{status.st_size} {status.st_mtime_ns}"
            member = _archive(self.path, threading.get_ident()).getinfo(self.member)
            return f"{member.file_size} crc {member.CRC:08x}"
        except _DAMAGE as error:
            raise InputError(f"{self}: is not there ({error}); restore the file or leave its row out") from error

    def header(self) -> Stream:
        """Open a file, of which a TIFF may be large; of a member the bytes, unpacked.

        Raises:
            InputError: as `read`.
            OSError: the file cannot be opened.
        """
        if self.member is not None:
            return io.BytesIO(self.read())
        return self.path.pieces() if isinstance(self.path, Url) else _regular(self.path).open("rb")

    def __str__(self) -> str:
        return str(self.path) if self.member is None else f"{self.path}!{self.member}"


# What reading a file or a damaged, encrypted or oddly compressed archive can raise.
_DAMAGE = (
    OSError,
    EOFError,
    KeyError,
    RuntimeError,
    NotImplementedError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
)


def _regular(path: Path) -> Path:
    """Return the path of a file that can be read to its end: not a pipe or a device, which may have none."""
    if path.exists() and not path.is_file():
        raise OSError("it is no regular file")
    return path


def open_archive(path: Source) -> zipfile.ZipFile:
    """Open a .zip; raises what `zipfile.ZipFile` raises."""
    return zipfile.ZipFile(path.pieces() if isinstance(path, Url) else path)


@functools.lru_cache(maxsize=64)
def _archive(path: Source, thread: int) -> zipfile.ZipFile:
    # One handle a thread: a ZipFile shared between threads takes a lock for every read.
    return open_archive(path)


@dataclass(frozen=True, eq=False)
class LabeledImages:
    """N images with their labels, not yet decoded.

    Raises:
        InputError: names and locations do not fit the labels, or two images have the same name.
    """

    names: tuple[str, ...]  # (N,) distinct, e.g. "train_0" or "Forest/Forest_12.jpg"
    locations: tuple[Place, ...]  # (N,)
    labels: Labels  # (N, C)
    source: str  # what was read, for messages and the run folder
    bands: str = "rgb"  # which bands of a multi-band image are taken, see tailprobe.datasets.decode
    given_parts: tuple[str, ...] | None = None  # (N,) "train" | "validation" | "test", where the data come split
    notes: tuple[str, ...] = field(default=())  # what the reader changed or left out, to be told to the user

    def __post_init__(self) -> None:
        if not len(self.names) == len(self.locations) == len(self.labels):
            raise InputError(
                f"{self.source}: {len(self.names)} names, {len(self.locations)} locations "
                f"and {len(self.labels)} rows of labels"
            )
        if len(set(self.names)) != len(self.names):
            raise InputError(f"{self.source}: two images have the same name")

    def __len__(self) -> int:
        return len(self.names)

    def rows(self, indices: Int[np.ndarray, " M"], *, notes: tuple[str, ...] = ()) -> "LabeledImages":
        """Return the images at `indices`, each at most once, with `notes` added."""
        parts = self.given_parts
        return replace(
            self,
            names=tuple(self.names[i] for i in indices),
            locations=tuple(self.locations[i] for i in indices),
            labels=self.labels.rows(indices),
            given_parts=None if parts is None else tuple(parts[i] for i in indices),
            notes=self.notes + notes,
        )
