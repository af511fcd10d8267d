"""Near-duplicate images by the cosine of their embeddings, in bounded memory."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from tailprobe.errors import InputError
from tailprobe.inspection.copies import Groups, numbered
from tailprobe.inspection.sketch import Sketch
from tailprobe.progress import Progress, silent

BLOCK = 2048  # rows: a block of cosines holds BLOCK**2 float32, 16 MiB
LISTED = 100_000  # pairs listed by name, the closest
_ROUNDING = 1e-6  # error of float32 in the cosine of equal rows
_MIN_BLOCKS_FOR_SKETCH = 9  # with fewer blocks a sketch gains nothing
_SPARSE = 4  # candidate pairs per row that are checked one by one; with more, the whole block is multiplied

_BlockPairs = tuple[Int[np.ndarray, " P"], Int[np.ndarray, " P"], Float[np.ndarray, " P"]]  # rows, cosines

Moments = tuple[Float[np.ndarray, " D"], Float[np.ndarray, " D"]]  # mean and standard deviation of each column


@dataclass(frozen=True, eq=False)
class Pairs:
    """P pairs of rows, the first below the second."""

    first: Int[np.ndarray, " P"]
    second: Int[np.ndarray, " P"]
    cosines: Float[np.ndarray, " P"]  # float32

    def __len__(self) -> int:
        return len(self.first)

    def at(self, chosen: np.ndarray) -> "Pairs":
        """Return the pairs at an index or mask."""
        return Pairs(self.first[chosen], self.second[chosen], self.cosines[chosen])


@dataclass(frozen=True, eq=False)
class NearDuplicates:
    """The near duplicates among N images."""

    threshold: float  # cosine from which two images count
    encoder: str
    pairs: int  # all pairs found, exact duplicates left out
    pairs_across: int  # in different parts; 0 if there are no parts
    listed: Pairs  # the closest of them, closest first
    groups: Groups  # connected components of the pairs
    held_out_matched: Bool[np.ndarray, " N"]  # validation and test images with a near duplicate in the training part

    def expand_to(self, rows: Int[np.ndarray, " N"], images: int) -> "NearDuplicates":
        """Return the result for a set of `images` images, in which the N images here are those at `rows`."""
        groups = np.full(images, -1, dtype=np.int64)
        matched = np.zeros(images, dtype=bool)
        groups[rows], matched[rows] = self.groups, self.held_out_matched
        ends = np.sort([rows[self.listed.first], rows[self.listed.second]], axis=0)
        listed = Pairs(ends[0], ends[1], self.listed.cosines)
        return replace(self, listed=listed, groups=numbered(groups), held_out_matched=matched)


def find_near_duplicates(
    vectors: Float[np.ndarray, "N D"],
    *,
    threshold: float,
    encoder: str = "",
    standardise: bool = False,
    parts: Sequence[str] | None = None,
    copies: Groups | None = None,
    listed: int = LISTED,
    block: int = BLOCK,
    progress: Progress = silent,
) -> NearDuplicates:
    """Find all pairs of rows whose cosine reaches a threshold.

    Exact: all N**2 / 2 pairs are compared, by blocked matrix products. Most are ruled out by an upper bound on their
    cosine from few numbers per row, see `tailprobe.inspection.sketch`; memory grows only by these numbers. A row of
    zeros has no cosine and is never a near duplicate.

    Args:
        vectors: (N, D) float32 or float16, may be memory-mapped.
        threshold: in (0, 1].
        encoder: its name, kept with the result.
        standardise: standardise each of the D columns over all rows first, for encoders without a common scale.
        parts: (N,) "train", "validation" or "test".
        copies: (N,) groups of exact duplicates, whose pairs are left out.
        listed: largest number of pairs to list.
        progress: receives stage "compare images", in blocks.

    Raises:
        InputError: the threshold is outside (0, 1].
    """
    if not 0 < threshold <= 1:
        raise InputError(f"near-duplicate threshold {threshold}: expected a cosine above 0, at most 1")
    moments = _moments(vectors) if standardise else None
    training = None if parts is None else np.asarray(parts) == "train"
    part = None if parts is None else np.unique(np.asarray(parts), return_inverse=True)[1]
    components, closest = _Components(len(vectors)), _ClosestPairs(listed)
    total = across = 0
    matched = np.zeros(len(vectors), dtype=bool)
    blocks = near_pairs(vectors, threshold=threshold, moments=moments, block=block, progress=progress)
    for found in blocks:
        pairs = found if copies is None else found.at(~_copied(found, copies))
        total += len(pairs)
        components.add(pairs)
        closest.add(pairs)
        if part is not None and training is not None:
            across += int((part[pairs.first] != part[pairs.second]).sum())
            matched[pairs.first[training[pairs.second]]] = True
            matched[pairs.second[training[pairs.first]]] = True
    held_out = matched if training is None else matched & ~training
    return NearDuplicates(threshold, encoder, total, across, closest.pairs(), components.groups(), held_out)


def near_pairs(
    vectors: Float[np.ndarray, "N D"],
    *,
    threshold: float,
    moments: Moments | None = None,
    block: int = BLOCK,
    progress: Progress = silent,
) -> Iterator[Pairs]:
    """Yield every pair of rows whose cosine reaches the threshold, at most `block`**2 pairs at a time.

    Args:
        vectors: (N, D).
        threshold: in (0, 1].
        moments: mean and standard deviation, (D,) each, by which rows are standardised first.
        block: rows per side of a block of products.
        progress: receives stage "compare images", in blocks.
    """
    starts = range(0, len(vectors), block)
    total, done = len(starts) * (len(starts) + 1) // 2, 0
    progress("compare images", 0, total)
    rows = partial(_rows, vectors, moments)
    sketch = (
        Sketch.of(rows, len(vectors), vectors.shape[1], block=block) if len(starts) >= _MIN_BLOCKS_FOR_SKETCH else None
    )
    for top in starts:
        above = rows(slice(top, top + block))
        for left in starts[top // block :]:
            if sketch is None:
                found = _dense(above, above if left == top else rows(slice(left, left + block)), threshold)
            else:
                found = _bounded(sketch, above, rows, (top, left), block, threshold)
            if found is not None:
                i, j, cosines = found
                kept = i < j if left == top else slice(None)
                yield Pairs(i[kept] + top, j[kept] + left, np.minimum(cosines[kept], np.float32(1)))
            done += 1
            progress("compare images", done, total)


def _dense(above: Float[np.ndarray, "A D"], beside: Float[np.ndarray, "B D"], threshold: float) -> _BlockPairs | None:
    """Return the pairs of two blocks of unit rows that reach the threshold; None if there is none."""
    cosines = above @ beside.T  # (A, B) float32
    if cosines.max() < threshold - _ROUNDING:
        return None
    i, j = np.nonzero(cosines >= threshold - _ROUNDING)
    return i, j, cosines[i, j]


def _bounded(
    sketch: Sketch,
    above: Float[np.ndarray, "A D"],
    rows: Callable[[Any], Float[np.ndarray, "B D"]],
    at: tuple[int, int],
    block: int,
    threshold: float,
) -> _BlockPairs | None:
    """Return the same for the blocks at two starts, checking only pairs that the sketch does not rule out."""
    top, left = at
    i, j = sketch.candidates(slice(top, top + block), slice(left, left + block), threshold)
    if not len(i):
        return None
    if len(i) > _SPARSE * block:
        return _dense(above, rows(slice(left, left + block)), threshold)
    needed, place = np.unique(j, return_inverse=True)
    cosines = np.einsum("pd,pd->p", above[i], rows(needed + left)[place])
    near = cosines >= threshold - _ROUNDING
    return (i[near], j[near], cosines[near]) if near.any() else None


def _rows(vectors: Float[np.ndarray, "N D"], moments: Moments | None, wanted: Any) -> Float[np.ndarray, "B D"]:  # noqa: ANN401 - a slice or positions
    return _unit(vectors[wanted], moments)


def _unit(rows: Float[np.ndarray, "B D"], moments: Moments | None) -> Float[np.ndarray, "B D"]:
    shifted: Float[np.ndarray, "B D"] = rows.astype(np.float32)
    if moments is not None:
        shifted = (shifted - moments[0]) / moments[1]
    norms = np.linalg.norm(shifted, axis=1, keepdims=True)
    return np.divide(shifted, norms, out=np.zeros_like(shifted), where=norms > 0)


def _moments(vectors: Float[np.ndarray, "N D"]) -> Moments:
    """Return mean and standard deviation of each column, 1 for a constant one; two passes over blocks."""
    blocks = [vectors[start : start + BLOCK] for start in range(0, len(vectors), BLOCK)]
    mean = sum((rows.sum(axis=0, dtype=np.float64) for rows in blocks), np.zeros(vectors.shape[1])) / len(vectors)
    squares = sum((((rows - mean) ** 2).sum(axis=0) for rows in blocks), np.zeros(vectors.shape[1]))
    sd = np.sqrt(squares / len(vectors))
    return mean.astype(np.float32), np.where(sd > 0, sd, 1).astype(np.float32)


def _copied(pairs: Pairs, copies: Groups) -> Bool[np.ndarray, " P"]:
    return (copies[pairs.first] == copies[pairs.second]) & (copies[pairs.first] >= 0)


class _Components:
    """Connected components of rows joined by pairs, from edges that are thinned to a spanning forest as they come."""

    def __init__(self, rows: int) -> None:
        self._rows = rows
        self._first = np.empty(0, dtype=np.int64)
        self._second = np.empty(0, dtype=np.int64)

    def add(self, pairs: Pairs) -> None:
        first, second = _spanning_forest(pairs.first, pairs.second)
        self._first, self._second = np.append(self._first, first), np.append(self._second, second)
        if len(self._first) > 2 * self._rows:
            self._first, self._second = _spanning_forest(self._first, self._second)

    def groups(self) -> Groups:
        component = _component_labels(self._first, self._second, self._rows)
        sizes = np.bincount(component, minlength=1)
        return numbered(np.where(sizes[component] > 1, component, -1))


def _spanning_forest(
    first: Int[np.ndarray, " P"], second: Int[np.ndarray, " P"]
) -> tuple[Int[np.ndarray, " E"], Int[np.ndarray, " E"]]:
    """Return edges with the same connected components, from every row to the first row of its component."""
    rows, ends = np.unique(np.concatenate([first, second]), return_inverse=True)
    component = _component_labels(ends[: len(first)], ends[len(first) :], len(rows))
    _, leader = np.unique(component, return_index=True)
    leaders = rows[leader][component]
    return rows[rows != leaders], leaders[rows != leaders]


def _component_labels(first: Int[np.ndarray, " E"], second: Int[np.ndarray, " E"], rows: int) -> Int[np.ndarray, " N"]:
    graph = coo_array((np.ones(len(first), dtype=bool), (first, second)), shape=(rows, rows))
    labels: Int[np.ndarray, " N"] = connected_components(graph, directed=False)[1].astype(np.int64)
    return labels


class _ClosestPairs:
    """The closest pairs so far; holds at most twice `limit`."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held: list[Pairs] = []

    def add(self, pairs: Pairs) -> None:
        self._held.append(pairs if len(pairs) <= self._limit else pairs.at(_order(pairs)[: self._limit]))
        if sum(map(len, self._held)) > 2 * self._limit:
            self._held = [self.pairs()]

    def pairs(self) -> Pairs:
        empty = np.empty(0, dtype=np.int64)
        held = [Pairs(empty, empty, np.empty(0, dtype=np.float32)), *self._held]
        every = Pairs(
            np.concatenate([p.first for p in held]),
            np.concatenate([p.second for p in held]),
            np.concatenate([p.cosines for p in held]),
        )
        return every.at(_order(every)[: self._limit])


def _order(pairs: Pairs) -> Int[np.ndarray, " P"]:
    return np.lexsort((pairs.second, pairs.first, -pairs.cosines))
