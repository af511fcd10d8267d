"""Members of an uncompressed .tar, listed once and then read where they lie."""

import io
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from tailprobe.datasets.storage.image_files import MAX_MEMBER
from tailprobe.datasets.storage.image_source import Stream
from tailprobe.datasets.storage.url import Source, Url
from tailprobe.errors import InputError

_BLOCK = 512  # bytes; a header takes one, a member's data whole ones, and an archive ends with blocks of zeros
_PACKED = {b"\x1f\x8b": "gunzip", b"BZ": "bunzip2", b"\xfd7": "unxz", b"\x28\xb5": "unzstd"}  # how to unpack, by start


@dataclass(frozen=True)
class TarMember:
    """The `Place` of an image in a .tar: `size` bytes from `offset` on. No handle is kept, no header read again."""

    path: Source
    member: str
    offset: int  # bytes
    size: int  # bytes

    def read(self) -> bytes:
        """Return the bytes of the member.

        Raises:
            InputError: the archive is missing or ends before the member does.
        """
        try:
            data = _piece(self.path, self.offset, self.size)
        except OSError as error:
            raise InputError(f"{self}: cannot be read ({error}); restore the archive or leave its row out") from error
        if len(data) < self.size:
            raise InputError(f"{self}: the archive ends within this member; fetch or pack it again")
        return data

    def signature(self) -> str:
        """Return a text that changes with the archive: its size and time of change, and the place within.

        Raises:
            InputError: the archive is missing.
        """
        try:
            archive = self.path.signature() if isinstance(self.path, Url) else _size_and_time(self.path)
        except OSError as error:
            raise InputError(f"{self}: is not there ({error}); restore the archive or leave its row out") from error
        return f"{archive} at {self.offset} {self.size}"

    def header(self) -> Stream:
        """Return the bytes of the member as a stream, fetched as needed from a URL; raises as `read`."""
        if isinstance(self.path, Url):
            return self.path.pieces(self.offset, self.size)
        return io.BytesIO(self.read())

    def __str__(self) -> str:
        return f"{self.path}!{self.member}"


@dataclass(frozen=True)
class Listed:
    """A file in an archive, as its header tells."""

    place: TarMember
    problem: str  # why it cannot be used, empty where it can
    data: bytes  # the content, of members that were asked for


def list_members(path: Source, *, wanted: Callable[[str], bool], most: int) -> Iterator[Listed]:
    """Go through an archive once, from its first member to its end; folders are passed over.

    Args:
        path: the .tar, uncompressed.
        wanted: told a member's name, whether its content is to be read on the way.
        most: bytes such a content may have; a larger one is a problem of the member.

    Raises:
        InputError: the archive is missing, compressed, no tar, damaged, or ends before its end.
    """
    try:
        path = path.stamped() if isinstance(path, Url) else path
        size = path.size() if isinstance(path, Url) else path.stat().st_size
        with path.open("rb") as stream:
            _refuse_packed(path, stream.read(2))
            stream.seek(0)
            yield from _members(path, stream, size, wanted, most)
    except (OSError, tarfile.TarError, ValueError, EOFError, RecursionError) as error:  # headers may hold anything
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{path}: not a readable .tar ({reason}); fetch or pack it again") from error


def _members(path: Source, stream: Any, size: int, wanted: Callable[[str], bool], most: int) -> Iterator[Listed]:  # noqa: ANN401 - fsspec's are of no one type
    end: int | None = 0  # where the next header is due
    with tarfile.open(fileobj=stream, mode="r:") as archive:
        for info in archive:
            place = TarMember(path, info.name, info.offset_data, info.size)
            if info.size < 0:  # would lead tarfile back, for ever
                raise InputError(f"{place}: the member claims {info.size:,} bytes; fetch or pack the archive again")
            # Links, folders and devices have no data, whatever size their headers claim; how much a sparse one has is
            # not told.
            holds = info.size if info.isfile() else 0
            end = None if info.issparse() else info.offset_data + -(-holds // _BLOCK) * _BLOCK
            if end is not None and info.offset_data + holds > size:
                raise InputError(f"{place}: the archive is truncated within this member; fetch or pack it again")
            if info.isdir():
                continue
            problem = _problem(info, wanted=wanted(info.name), most=most)
            data = b""
            if not problem and wanted(info.name):
                stream.seek(info.offset_data)
                data = stream.read(info.size)
            yield Listed(place, problem, data)
            archive.members = []  # type: ignore[attr-defined]  # tarfile keeps every header otherwise; an archive may have millions
    if end is not None:
        _check_end(path, stream, end)


def _problem(info: tarfile.TarInfo, *, wanted: bool, most: int) -> str:
    if not info.isfile() or info.issparse():
        linked = f"the member is a link to {info.linkname!r}"
        special = "the member is sparse, stored with holes" if info.issparse() else "the member is a device or a pipe"
        return linked if info.issym() or info.islnk() else special
    path = PurePosixPath(info.name)
    if path.is_absolute() or ".." in path.parts:
        return "the path leads out of the archive"
    if info.size > MAX_MEMBER:
        return f"the member has {info.size:,} bytes"
    if wanted and info.size > most:
        return f"the member has {info.size:,} bytes, where a label has at most {most:,}"
    return ""


def _piece(path: Source, offset: int, size: int) -> bytes:
    if isinstance(path, Url):
        return path.read_bytes(offset, offset + size)
    with path.open("rb") as stream:
        stream.seek(offset)
        return stream.read(size)


def _size_and_time(path: Path) -> str:
    status = path.stat()
    return f"{status.st_size} {status.st_mtime_ns}"


def _check_end(path: Source, stream: Any, end: int) -> None:  # noqa: ANN401 - fsspec's are of no one type
    """Refuse an archive that does not end where its members do: tarfile takes a damaged header for the end."""
    stream.seek(end)
    block = stream.read(_BLOCK)
    if len(block) < _BLOCK:
        raise InputError(f"{path}: the archive is truncated, it has no end after its last member; fetch it again")
    if block.strip(b"\0"):
        raise InputError(f"{path}: the header at byte {end:,} is damaged; fetch or pack the archive again")
    if stream.read(2**16).strip(b"\0"):
        raise InputError(f"{path}: more follows the end of the archive, at byte {end:,}; pack it as one archive")


def _refuse_packed(path: Source, start: bytes) -> None:
    if start in _PACKED:
        raise InputError(
            f"{path}: a compressed .tar cannot be read image by image; unpack it by {_PACKED[start]} and pass the .tar"
        )
