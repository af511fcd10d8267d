"""Images that are files, or members of a .zip archive."""

import functools
import io
import lzma
import threading
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import index
from pathlib import Path
from typing import SupportsIndex, overload

from tailprobe.datasets.storage.image_source import ImageSource, Stream
from tailprobe.datasets.storage.url import Source, Url
from tailprobe.datasets.storage.zip_directory import ZipDirectory, ZipHandle, read_directory
from tailprobe.errors import InputError, how_to_read


@dataclass(frozen=True, slots=True)
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
            archive = _archive(self.path, signature(self.path), threading.get_ident())
            return archive.read(directory(self.path).info(self.member))
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
            info = directory(self.path).info(self.member)
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


@dataclass(frozen=True, eq=False)
class FileSources(Sequence[ImageSource]):
    """The images of a folder or a .zip archive, each made when it is asked for; a slice is a tuple.

    >>> FileSources(Path("tiles"), ("a.png", "b/c.png"))[1]
    FileSource(path=PosixPath('tiles/b/c.png'), member=None)
    """

    top: Source
    members: Sequence[str]  # (N,) relative paths, or names in the archive
    archived: bool = False

    def __len__(self) -> int:
        return len(self.members)

    @overload
    def __getitem__(self, at: SupportsIndex) -> FileSource: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[FileSource, ...]: ...
    def __getitem__(self, at: SupportsIndex | slice) -> FileSource | tuple[FileSource, ...]:
        if isinstance(at, slice):
            return tuple(map(self._of, self.members[at]))
        return self._of(self.members[index(at)])

    def __iter__(self) -> Iterator[FileSource]:
        return map(self._of, self.members)

    def _of(self, member: str) -> FileSource:
        return FileSource(self.top, member) if self.archived else FileSource(self.top / member)


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


def signature(path: Source) -> tuple[int, ...]:
    """Return values that change if a file is replaced or rewritten: inode, size, modification time; empty for a URL.

    Raises:
        OSError: the file is missing.
    """
    if isinstance(path, Url):
        return ()
    status = path.stat()
    return (status.st_ino, status.st_size, status.st_mtime_ns)


def directory(path: Source) -> ZipDirectory:
    """Return the directory of a .zip, read once by all threads; raises what `zipfile.ZipFile` raises."""
    with _READING_DIRECTORY:
        return _directory(path, signature(path))


_READING_DIRECTORY = threading.Lock()


@functools.lru_cache(maxsize=8)
def _directory(path: Source, signature: tuple[int, ...]) -> ZipDirectory:
    return read_directory(path)


@functools.lru_cache(maxsize=64)
def _archive(path: Source, signature: tuple[int, ...], thread: int) -> ZipHandle:
    # One handle per thread: a ZipFile shared between threads takes a lock for every read.
    return ZipHandle(path)
