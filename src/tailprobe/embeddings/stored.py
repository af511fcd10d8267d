"""Open a store and take rows of it without loading it: ten million rows open in a fraction of a second."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, overload

import numpy as np
import pyarrow as pa
from jaxtyping import Float, Int

from tailprobe.embeddings.log import ShardLog
from tailprobe.embeddings.shard import is_whole, map_shard, vectors_of
from tailprobe.embeddings.store import read_manifest, shard_path
from tailprobe.errors import InputError


@dataclass(frozen=True)
class _Place:
    """A shard that is not open yet."""

    path: Path
    sha256: str
    rows: int


class Shards:
    """Shards side by side, each mapped into memory when a row of it is first asked for."""

    def __init__(self, places: Sequence[_Place]) -> None:
        self._places = places
        self._open: dict[int, pa.RecordBatch] = {}
        self._vectors: dict[int, np.ndarray] = {}  # views into the mapped files, kept since making one takes longest
        self.starts = np.cumsum([0, *(place.rows for place in places)])  # (S + 1,)

    def batch(self, shard: int) -> pa.RecordBatch:
        """Return the columns of a shard.

        Raises:
            InputError: its file is missing or damaged.
        """
        if shard not in self._open:
            place = self._places[shard]
            if not is_whole(place.path, place.sha256):
                raise InputError(
                    f"{place.path}: missing or damaged; embed the images again, only this shard is computed"
                )
            self._open[shard] = map_shard(place.path)
        return self._open[shard]

    def vectors(self, shard: int) -> Float[np.ndarray, "R D"]:
        """Return the embeddings of a shard, mapped; raises as `batch`."""
        if shard not in self._vectors:
            self._vectors[shard] = vectors_of(self.batch(shard))
        return self._vectors[shard]


class StoredVectors:
    """The (N, D) embeddings of a store, like an array: `vectors[rows]` reads those rows and no others.

    Rows are an integer, a slice, or an array of integers or of N booleans; what comes back is float32.
    """

    dtype = np.dtype(np.float32)
    ndim = 2

    def __init__(self, shards: Shards, good: Int[np.ndarray, " N"] | None, *, rows: int, width: int) -> None:
        self._shards = shards
        self._good = good  # rows of the shards that are rows here; None where all are
        self.shape = (rows, width)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: Any) -> np.ndarray:  # noqa: ANN401 - whatever numpy takes as rows
        if isinstance(rows, int | np.integer):
            return self._take(np.array([_checked(int(rows), len(self))]))[0]
        if isinstance(rows, slice):
            return self._take(np.arange(*rows.indices(len(self))))
        return self._take(_positions(np.asarray(rows), len(self)))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:  # noqa: ANN401
        """Load all of them."""
        return self[:].astype(dtype or self.dtype, copy=False)

    def _take(self, rows: Int[np.ndarray, " R"]) -> Float[np.ndarray, "R D"]:
        at = rows if self._good is None else self._good[rows]
        shard = np.searchsorted(self._shards.starts, at, side="right") - 1
        found = np.empty((len(rows), self.shape[1]), np.float32)
        order = np.argsort(shard, kind="stable")
        for one, group in itertools.groupby(order.tolist(), key=lambda i: int(shard[i])):
            where = np.fromiter(group, np.int64)
            found[where] = self._shards.vectors(one)[at[where] - self._shards.starts[one]]
        return found


class StoredNames:
    """The names of the images of a store, like a tuple, but read when asked for."""

    def __init__(self, shards: Shards, good: Int[np.ndarray, " N"] | None, *, rows: int) -> None:
        self._shards, self._good, self._rows = shards, good, rows

    def __len__(self) -> int:
        return self._rows

    @overload
    def __getitem__(self, row: int) -> str: ...
    @overload
    def __getitem__(self, row: slice) -> tuple[str, ...]: ...
    def __getitem__(self, row: int | slice) -> str | tuple[str, ...]:
        """Return the name of a row, or those of a slice."""
        if isinstance(row, slice):
            return tuple(self[i] for i in range(*row.indices(len(self))))
        row = _checked(int(row), len(self))
        at = row if self._good is None else int(self._good[row])
        shard = int(np.searchsorted(self._shards.starts, at, side="right")) - 1
        return str(self._shards.batch(shard).column("name")[at - int(self._shards.starts[shard])].as_py())

    def __iter__(self) -> Iterator[str]:
        for shard, start in enumerate(self._shards.starts[:-1].tolist()):
            names = self._shards.batch(shard).column("name").to_pylist()
            if self._good is None:
                yield from names
            else:
                first, last = np.searchsorted(self._good, [start, start + len(names)])
                yield from (names[i - start] for i in self._good[first:last].tolist())


@dataclass(frozen=True, eq=False)
class StoredEmbeddings:
    """N images' embeddings in a store, opened, not loaded; unreadable images left out."""

    vectors: StoredVectors  # (N, D)
    names: StoredNames  # (N,)
    encoder: str  # the encoder's name
    identity: dict[str, str]  # of the encoder
    standardise: bool  # heads should see them standardised by the training part
    unreadable: int  # images left out

    def __len__(self) -> int:
        return len(self.vectors)

    @property
    def width(self) -> int:
        """D."""
        return self.vectors.shape[1]


def open_store(folder: Path, *, verify: bool = False) -> StoredEmbeddings:
    """Open a finished store, in time that does not depend on the width of its rows nor on what they hold.

    Args:
        folder: the one with `manifest.json`.
        verify: read and hash every shard now; by default a shard is only checked when a row of it is asked for, and
            hashed only where its time of change does not vouch for it.

    Raises:
        InputError: the folder is no store, an image is not embedded yet, or with `verify` a shard is damaged.
    """
    manifest = read_manifest(folder)
    if manifest is None:
        raise InputError(f"{folder}: no store of embeddings (no manifest.json of this version); give the folder of one")
    lines = [line for _, line in sorted(ShardLog(folder / "shards.jsonl").lines.items())]
    rows, wanted = sum(line.rows for line in lines), int(manifest["images"])
    if rows != wanted or [line.shard for line in lines] != list(range(len(lines))):
        raise InputError(
            f"{folder}: {rows} of {wanted} images are embedded; embed them again, which goes on from there"
        )
    places = [_Place(shard_path(folder, line.shard), line.sha256, line.rows) for line in lines]
    for place in places if verify else ():
        if not is_whole(place.path, place.sha256, verify=True):
            raise InputError(f"{place.path}: missing or damaged; embed the images again, only this shard is computed")
    shards = Shards(places)
    bad = [int(shards.starts[i]) + row for i, line in enumerate(lines) for row in line.unreadable]
    good = np.delete(np.arange(rows), bad) if bad else None
    return StoredEmbeddings(
        StoredVectors(shards, good, rows=rows - len(bad), width=int(manifest["width"])),
        StoredNames(shards, good, rows=rows - len(bad)),
        str(manifest["encoder"]),
        {str(k): str(v) for k, v in manifest["identity"].items()},
        bool(manifest["standardise"]),
        len(bad),
    )


def _checked(row: int, rows: int) -> int:
    if not -rows <= row < rows:
        raise IndexError(f"row {row} of {rows}")
    return row % rows


def _positions(wanted: np.ndarray, rows: int) -> Int[np.ndarray, " R"]:
    """Return rows as positions from the start: of N booleans those that are true, negative ones from the end."""
    if wanted.dtype == bool:
        if wanted.shape != (rows,):
            raise IndexError(f"{wanted.shape} booleans for {rows} rows")
        return np.flatnonzero(wanted)
    if wanted.ndim != 1 or (len(wanted) and wanted.dtype.kind not in "iu"):
        raise IndexError(f"rows are a list of integers; got {wanted.dtype} of shape {wanted.shape}")
    wanted = wanted.astype(np.int64)
    if ((wanted < -rows) | (wanted >= rows)).any():
        raise IndexError(f"a row is outside the {rows} there are")
    return np.where(wanted < 0, wanted + rows, wanted)
