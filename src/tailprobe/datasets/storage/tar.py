"""Members of an uncompressed .tar, listed once and then read by offset."""

import io
import tarfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, SupportsIndex, overload

import numpy as np
from jaxtyping import Int

from tailprobe.datasets.storage.image_files import MAX_MEMBER
from tailprobe.datasets.storage.image_source import Stream
from tailprobe.datasets.storage.names import Names
from tailprobe.datasets.storage.url import Source, Url
from tailprobe.errors import InputError

_BLOCK = 512  # bytes; headers take one block, data are padded to blocks, and an archive ends with blocks of zeros
_UNPACKERS = {b"\x1f\x8b": "gunzip", b"BZ": "bunzip2", b"\xfd7": "unxz", b"\x28\xb5": "unzstd"}  # by the first bytes


@dataclass(frozen=True, slots=True)
class TarMember:
    """An image in a .tar: `size` bytes starting at `offset`. No file stays open and no header is read again."""

    path: Source
    member: str
    offset: int  # bytes
    size: int  # bytes

    def read(self) -> bytes:
        """Return the bytes of the member.

        Raises:
            InputError: the archive is missing, or truncated within the member.
        """
        try:
            data = _read_range(self.path, self.offset, self.size)
        except OSError as error:
            raise InputError(f"{self}: cannot be read ({error}); restore the archive or leave its row out") from error
        if len(data) < self.size:
            raise InputError(f"{self}: the archive is truncated within this member; download or create it again")
        return data

    def etag(self) -> str:
        """Return a string that changes with the archive: its size, modification time, and the offset of the member.

        Raises:
            InputError: the archive is missing.
        """
        try:
            archive = self.path.etag() if isinstance(self.path, Url) else _size_and_time(self.path)
        except OSError as error:
            raise InputError(f"{self}: is missing ({error}); restore the archive or leave its row out") from error
        return f"{archive} at {self.offset} {self.size}"

    def header(self) -> Stream:
        """Return the bytes of the member as a stream, fetched as needed from a URL; raises as `read`."""
        if isinstance(self.path, Url):
            return self.path.range_reader(self.offset, self.size)
        return io.BytesIO(self.read())

    def __str__(self) -> str:
        return f"{self.path}!{self.member}"


@dataclass(frozen=True, eq=False)
class TarMembers(Sequence[TarMember]):
    """Images of several archives, each made when it is asked for; a slice is a tuple."""

    archives: tuple[Source, ...]
    first: Int[np.ndarray, " A"]  # row of the first image of each archive
    members: Names  # (N,)
    ranges: Int[np.ndarray, "N 2"]  # offset and size of each, bytes

    @classmethod
    def of(cls, archives: Iterable[Sequence[TarMember]]) -> "TarMembers":
        """Return the images of archives, of at least one image each, taken one archive at a time."""
        paths, numbers, names, ranges = list[Source](), [0], list[Names](), [np.zeros((0, 2), dtype=np.int64)]
        for images in archives:
            paths.append(images[0].path)
            numbers.append(len(images))
            names.append(Names([image.member for image in images]))
            ranges.append(np.array([(image.offset, image.size) for image in images], dtype=np.int64))
        return cls(tuple(paths), np.cumsum(numbers)[:-1], Names.concat(names), np.concatenate(ranges))

    def __len__(self) -> int:
        return len(self.members)

    @overload
    def __getitem__(self, at: SupportsIndex) -> TarMember: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[TarMember, ...]: ...
    def __getitem__(self, at: SupportsIndex | slice) -> TarMember | tuple[TarMember, ...]:
        if isinstance(at, slice):
            return tuple(self[row] for row in range(len(self))[at])
        archive = self.archives[np.searchsorted(self.first, range(len(self))[at], side="right") - 1]
        offset, size = self.ranges[at].tolist()
        return TarMember(archive, self.members[at], offset, size)


@dataclass(frozen=True)
class TarEntry:
    """A file in an archive, as its header describes it."""

    tar_member: TarMember
    problem: str  # why it cannot be used, empty if it can
    data: bytes  # the content of the members whose content was requested


def list_members(path: Source, *, wanted: Callable[[str], bool], max_bytes: int) -> Iterator[TarEntry]:
    """Iterate over the files of an archive in one pass; folders are skipped.

    Args:
        path: the .tar, uncompressed.
        wanted: whether to read the content of a member, given its name.
        max_bytes: largest content to read; larger members are reported as a problem.

    Raises:
        InputError: the archive is missing, compressed, damaged, truncated, or not a tar.
    """
    try:
        path = path.with_etag() if isinstance(path, Url) else path
        size = path.size() if isinstance(path, Url) else path.stat().st_size
        with path.open("rb") as stream:
            _refuse_compressed(path, stream.read(2))
            stream.seek(0)
            yield from _members(path, stream, size, wanted, max_bytes)
    except (OSError, tarfile.TarError, ValueError, EOFError, RecursionError) as error:  # headers may contain anything
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{path}: not a readable .tar ({reason}); download or create it again") from error


def _members(path: Source, stream: Any, size: int, wanted: Callable[[str], bool], max_bytes: int) -> Iterator[TarEntry]:  # noqa: ANN401 - fsspec has no stream type
    end: int | None = 0  # offset of the next header
    with tarfile.open(fileobj=stream, mode="r:") as archive:
        for info in archive:
            tar_member = TarMember(path, info.name, info.offset_data, info.size)
            if info.size < 0:  # makes tarfile loop forever
                raise InputError(
                    f"{tar_member}: the header declares {info.size:,} bytes; download or create the archive again"
                )
            # Links, folders and devices have no data, whatever size their headers declare; the stored size of a sparse
            # file is not in its header.
            stored_size = info.size if info.isfile() else 0
            end = None if info.issparse() else info.offset_data + -(-stored_size // _BLOCK) * _BLOCK
            if end is not None and info.offset_data + stored_size > size:
                raise InputError(
                    f"{tar_member}: the archive is truncated within this member; download or create it again"
                )
            if info.isdir():
                continue
            problem = _problem(info, wanted=wanted(info.name), max_bytes=max_bytes)
            data = b""
            if not problem and wanted(info.name):
                stream.seek(info.offset_data)
                data = stream.read(info.size)
            yield TarEntry(tar_member, problem, data)
            archive.members = []  # type: ignore[attr-defined]  # tarfile keeps every header otherwise; an archive may have millions
    if end is not None:
        _check_end(path, stream, end)


def _problem(info: tarfile.TarInfo, *, wanted: bool, max_bytes: int) -> str:
    if not info.isfile() or info.issparse():
        linked = f"the member is a link to {info.linkname!r}"
        special = "the member is a sparse file" if info.issparse() else "the member is a device or a pipe"
        return linked if info.issym() or info.islnk() else special
    path = PurePosixPath(info.name)
    if path.is_absolute() or ".." in path.parts:
        return "the path is outside the archive"
    if info.size > MAX_MEMBER:
        return f"the member has {info.size:,} bytes"
    if wanted and info.size > max_bytes:
        return f"the member has {info.size:,} bytes, but a label may have at most {max_bytes:,}"
    return ""


def _read_range(path: Source, offset: int, size: int) -> bytes:
    if isinstance(path, Url):
        return path.read_bytes(offset, offset + size)
    with path.open("rb") as stream:
        stream.seek(offset)
        return stream.read(size)


def _size_and_time(path: Path) -> str:
    status = path.stat()
    return f"{status.st_size} {status.st_mtime_ns}"


def _check_end(path: Source, stream: Any, end: int) -> None:  # noqa: ANN401 - fsspec has no stream type
    """Check that an archive ends after its last member: tarfile takes a damaged header for the end."""
    stream.seek(end)
    block = stream.read(_BLOCK)
    if len(block) < _BLOCK:
        raise InputError(
            f"{path}: the archive is truncated: there is no end marker after its last member; download it again"
        )
    if block.strip(b"\0"):
        raise InputError(f"{path}: the header at byte {end:,} is damaged; download or create the archive again")
    if stream.read(2**16).strip(b"\0"):
        raise InputError(
            f"{path}: there are data after the end of the archive at byte {end:,}; create it as one archive"
        )


def _refuse_compressed(path: Source, start: bytes) -> None:
    if start in _UNPACKERS:
        raise InputError(
            f"{path}: a compressed .tar cannot be read image by image; "
            f"decompress it with {_UNPACKERS[start]} and pass the .tar"
        )
