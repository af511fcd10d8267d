"""An image that is a file, or a member of a .zip archive."""

import functools
import io
import lzma
import threading
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from tailprobe.datasets.storage.image_source import Stream
from tailprobe.datasets.storage.url import Source, Url
from tailprobe.errors import InputError, how_to_read


@dataclass(frozen=True)
class FileSource:
    """An image that is a file, or a member of a .zip archive."""

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
            return _archive(self.path, signature(self.path), threading.get_ident()).read(self.member)
        except _READ_ERRORS as error:
            restore = how_to_read(error, "restore the file")
            raise InputError(f"{self}: cannot be read ({error}); {restore} or leave its row out") from error

    def etag(self) -> str:
        """Return a string that changes with the content: a file's size and modification time, a member's size and CRC.

        Raises:
            InputError: the file or member is missing.
        """
        try:
            if self.member is None:
                if isinstance(self.path, Url):
                    return self.path.etag()
                status = self.path.stat()
                return f"{status.st_size} {status.st_mtime_ns}"
            info = _archive(self.path, signature(self.path), threading.get_ident()).getinfo(self.member)
            return f"{info.file_size} crc {info.CRC:08x}"
        except _READ_ERRORS as error:
            raise InputError(f"{self}: is missing ({error}); restore the file or leave its row out") from error

    def header(self) -> Stream:
        """Open a file without reading all of it, as a TIFF may be large; decompress a member in memory.

        Raises:
            InputError: as `read`.
            OSError: the file cannot be opened.
        """
        if self.member is not None:
            return io.BytesIO(self.read())
        return self.path.range_reader() if isinstance(self.path, Url) else _regular(self.path).open("rb")

    def __str__(self) -> str:
        return str(self.path) if self.member is None else f"{self.path}!{self.member}"


# Exceptions from reading a file, or an archive that is damaged, encrypted or compressed in an unsupported way.
_READ_ERRORS = (
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
    """Return the path of a regular file: a pipe or a device may have no end."""
    if path.exists() and not path.is_file():
        raise OSError("it is not a regular file")
    return path


def open_archive(path: Source) -> zipfile.ZipFile:
    """Open a .zip; raises what `zipfile.ZipFile` raises."""
    return zipfile.ZipFile(path.range_reader() if isinstance(path, Url) else path)


def signature(path: Source) -> tuple[int, ...]:
    """Return values that change if a file is replaced or rewritten: inode, size, modification time; empty for a URL.

    Raises:
        OSError: the file is missing.
    """
    if isinstance(path, Url):
        return ()
    status = path.stat()
    return (status.st_ino, status.st_size, status.st_mtime_ns)


class _Handle(zipfile.ZipFile):
    """A further open file of an archive whose directory has been read: that of a million members takes 600 MB."""

    def __init__(self, path: Source, first: zipfile.ZipFile) -> None:
        self._first = first
        super().__init__(path.range_reader() if isinstance(path, Url) else path)

    def _RealGetContents(self) -> None:  # noqa: N802 - called by ZipFile
        self.filelist, self.NameToInfo = self._first.filelist, self._first.NameToInfo
        self.start_dir = self._first.start_dir


@functools.lru_cache(maxsize=64)
def _archive(path: Source, signature: tuple[int, ...], thread: int) -> zipfile.ZipFile:
    # One handle per thread: a ZipFile shared between threads takes a lock for every read.
    with _READING_DIRECTORY:
        first = _directory(path, signature)
    return _Handle(path, first)


_READING_DIRECTORY = threading.Lock()


@functools.lru_cache(maxsize=8)
def _directory(path: Source, signature: tuple[int, ...]) -> zipfile.ZipFile:
    with open_archive(path) as archive:
        return archive  # closed, with its list of members
