"""Many strings in one buffer, without the object that Python makes of each."""

from collections.abc import Iterator, Sequence
from itertools import islice
from operator import eq, index
from typing import SupportsIndex, overload

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Int

_BATCH = 4096  # strings that are converted at a time


class Names(Sequence[str]):
    """An immutable sequence of strings, stored as one buffer of UTF-8; a slice is a tuple.

    >>> names = Names(["b.png", "a.png"])
    >>> names[1], names[:1], list(names), len(names)
    ('a.png', ('b.png',), ['b.png', 'a.png'], 2)
    """

    __slots__ = ("_texts",)

    def __init__(self, texts: Iterator[str] | Sequence[str]) -> None:
        """Store strings.

        Raises:
            UnicodeEncodeError: one is not valid Unicode, as the name of a file may be.
        """
        remaining, parts = iter(texts), list[pa.Array]()
        while batch := list(islice(remaining, _BATCH)):
            parts.append(pa.array(batch, pa.large_string()))
        self._texts = _joined(parts)

    @classmethod
    def concat(cls, parts: Sequence["Names"]) -> "Names":
        """Return the strings of several sequences as one."""
        return cls._of(_joined([names._texts for names in parts]))

    @classmethod
    def _of(cls, texts: pa.Array) -> "Names":
        names = cls(())
        names._texts = texts
        return names

    def take(self, rows: Int[np.ndarray, " M"]) -> "Names":
        """Return the strings at `rows`; the same object if these are all of them, in order."""
        if len(rows) == len(self) and (not len(rows) or (rows[0] == 0 and np.all(np.diff(rows) == 1))):
            return self
        return Names._of(self._texts.take(pa.array(rows)))

    def order(self) -> Int[np.ndarray, " N"]:
        """Return the rows in the order in which `sorted` puts the strings; equal ones stay in their order."""
        if bool(pc.all(pc.less_equal(self._texts[:-1], self._texts[1:])).as_py()):
            return np.arange(len(self))
        return np.asarray(pc.sort_indices(self._texts)).astype(np.int64)

    def last_of_equal(self) -> np.ndarray:
        """Return (N,) bool, for strings in order: whether the next one is another."""
        last = np.ones(len(self), dtype=bool)
        if len(self) > 1:
            last[:-1] = np.asarray(pc.not_equal(self._texts[:-1], self._texts[1:]))
        return last

    def are_distinct(self) -> bool:
        """Return whether no string occurs twice."""
        if bool(pc.all(pc.less(self._texts[:-1], self._texts[1:])).as_py()):
            return True  # in order, where no table of them is needed
        return bool(pc.count_distinct(self._texts).as_py() == len(self))

    def __len__(self) -> int:
        return len(self._texts)

    @overload
    def __getitem__(self, at: SupportsIndex) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[str, ...]: ...
    def __getitem__(self, at: SupportsIndex | slice) -> str | tuple[str, ...]:
        if isinstance(at, slice):
            return tuple(self._texts[at].to_pylist())
        return str(self._texts[index(at)].as_py())

    def __eq__(self, other: object) -> bool:
        """Return whether another sequence, such as a tuple, holds the same strings."""
        return isinstance(other, Sequence) and len(self) == len(other) and all(map(eq, self, other))

    __hash__ = None  # type: ignore[assignment]  # as a list: equal to sequences of another hash

    def __iter__(self) -> Iterator[str]:
        for start in range(0, len(self), _BATCH):
            yield from self[start : start + _BATCH]


def _joined(parts: Sequence[pa.Array]) -> pa.Array:
    return pa.concat_arrays(parts) if parts else pa.array([], pa.large_string())


def compact(texts: Sequence[str]) -> Sequence[str]:
    """Return `Names`, or a tuple if a string is not valid Unicode."""
    try:
        return Names(texts)
    except UnicodeEncodeError:
        return tuple(texts)
