"""The directory of a .zip archive in little memory: what `zipfile` keeps of a million members takes 700 MB."""

import zipfile
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tailprobe.datasets.storage.names import Names
from tailprobe.datasets.storage.url import Source, Url

# What it takes to read a member, and to tell whether it can be read; as the fields of `zipfile.ZipInfo`.
_FIELDS = np.dtype(
    [
        ("header_offset", np.int64),
        ("compress_size", np.int64),
        ("file_size", np.int64),
        ("CRC", np.uint32),
        ("compress_type", np.uint16),
        ("flag_bits", np.uint16),
    ]
)
_BATCH = 4096  # members that are held as `zipfile.ZipInfo` at a time


@dataclass(frozen=True, eq=False)
class ZipDirectory:
    """The members of an archive, folders included, in the order of their names."""

    names: Names  # (M,) sorted, as they are in the archive
    fields: np.ndarray  # (M,) of `_FIELDS`

    def info(self, name: str) -> zipfile.ZipInfo:
        """Return a member; of several with one name the last, as `zipfile.ZipFile.getinfo` does.

        Raises:
            KeyError: there is none of this name.
        """
        row = bisect_right(self.names, name) - 1
        if row < 0 or self.names[row] != name:
            raise KeyError(f"there is no member {name!r} in the archive")
        return _info(name, self.fields[row].item())

    def __iter__(self) -> Iterator[zipfile.ZipInfo]:
        for start in range(0, len(self.names), _BATCH):
            rows = slice(start, start + _BATCH)
            yield from map(_info, self.names[rows], self.fields[rows].tolist())


def _info(name: str, fields: tuple[int, ...]) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.header_offset, info.compress_size, info.file_size, info.CRC, info.compress_type, info.flag_bits = fields
    return info


def read_directory(path: Source) -> ZipDirectory:
    """Read the directory of an archive; raises what `zipfile.ZipFile` raises."""
    with _Reader(path.range_reader() if isinstance(path, Url) else path) as archive:
        names, fields = archive.members.close()
    order = names.order()
    ordered = names.take(order)
    return ZipDirectory(ordered, fields if ordered is names else fields[order])


class ZipHandle(zipfile.ZipFile):
    """An open archive whose directory is not read: members are opened by their `zipfile.ZipInfo`."""

    def __init__(self, path: Source) -> None:
        super().__init__(path.range_reader() if isinstance(path, Url) else path)

    def _RealGetContents(self) -> None:  # noqa: N802 - called by ZipFile
        self.start_dir = 0  # used for writing alone


class _Reader(zipfile.ZipFile):
    """Reads a directory as `zipfile` does, with one list of members in another's place."""

    def _RealGetContents(self) -> None:  # noqa: N802 - called by ZipFile
        self.members = _Members()
        self.filelist, self.NameToInfo = self.members, _NoIndex()
        super()._RealGetContents()  # type: ignore[misc]  # not in the type stubs


class _NoIndex(dict[str, zipfile.ZipInfo]):
    """A dictionary that keeps nothing."""

    def __setitem__(self, name: str, info: zipfile.ZipInfo) -> None:
        pass


class _Members(list[zipfile.ZipInfo]):
    """A list that turns its members into arrays whenever it has `_BATCH` of them."""

    def __init__(self) -> None:
        super().__init__()
        self._names: list[Names] = []
        self._fields = bytearray()  # grows in place

    def append(self, info: zipfile.ZipInfo) -> None:
        super().append(info)
        if len(self) == _BATCH:
            self._store()

    def close(self) -> tuple[Names, np.ndarray]:
        """Return the names and fields of all members."""
        self._store()
        return Names.concat(self._names), np.frombuffer(self._fields, dtype=_FIELDS)

    def _store(self) -> None:
        names = _FIELDS.names or ()
        self._names.append(Names([info.orig_filename for info in self]))
        rows = [tuple(getattr(info, name) for name in names) for info in self]
        self._fields += np.array(rows, dtype=_FIELDS).tobytes()
        self.clear()
