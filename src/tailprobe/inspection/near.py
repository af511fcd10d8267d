"""Images that are nearly the same, by the cosine of their embeddings; memory bounded whatever their number."""

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
LISTED = 100_000  # pairs kept by name, the closest
_SLACK = 1e-6  # what float32 rounding takes from the cosine of equal rows
_FEW = 8  # blocks that are multiplied whole: a sketch of so few rows gains nothing
_SPARSE = 4  # pairs a row of a block that are looked at one by one; of more, the whole block is multiplied

_Found = tuple[Int[np.ndarray, " P"], Int[np.ndarray, " P"], Float[np.ndarray, " P"]]  # rows of two blocks, cosines

Moments = tuple[Float[np.ndarray, " D"], Float[np.ndarray, " D"]]  # mean and deviation of each column


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
    """Which of N images are nearly the same."""

    threshold: float  # cosine from which two images count
    encoder: str
    pairs: int  # all that were found, copies to the byte left out
    pairs_across: int  # in different parts; 0 where there are no parts
    listed: Pairs  # the closest of them, closest first
    groups: Groups  # images linked by pairs, directly or through others
    held_out_matched: Bool[np.ndarray, " N"]  # validation and test images with a near duplicate in the training part

    def among(self, rows: Int[np.ndarray, " N"], images: int) -> "NearDuplicates":
        """Return the same of `images` images, of which those here are the ones at `rows`."""
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

    Exact: every pair is looked at, N**2 / 2 of them, by blocked matrix products, so that the time grows with the square
    of N. Most pairs are ruled out by a bound on their cosine of few numbers a row, see `tailprobe.inspection.sketch`;
    memory grows by these numbers alone. A row of zeros has no cosine and is never a near duplicate.

    Args:
        vectors: (N, D) float32 or float16, may be memory-mapped.
        threshold: in (0, 1].
        encoder: its name, to be kept with the result.
        standardise: centre and scale each of the D numbers over all rows first, for encoders without a common scale.
        parts: (N,) "train", "validation" or "test".
        copies: (N,) groups of images equal to the byte, whose pairs are left out here.
        listed: pairs kept at most.
        progress: told of stage "compare images", in blocks.

    Raises:
        InputError: the threshold is outside (0, 1].
    """
    if not 0 < threshold <= 1:
        raise InputError(f"near-duplicate threshold {threshold}: expected a cosine above 0, at most 1")
    moments = _moments(vectors) if standardise else None
    training = None if parts is None else np.asarray(parts) == "train"
    part = None if parts is None else np.unique(np.asarray(parts), return_inverse=True)[1]
    links, kept = _Links(len(vectors)), _Closest(listed)
    total = across = 0
    matched = np.zeros(len(vectors), dtype=bool)
    blocks = near_pairs(vectors, threshold=threshold, moments=moments, block=block, progress=progress)
    for found in blocks:
        pairs = found if copies is None else found.at(~_copied(found, copies))
        total += len(pairs)
        links.add(pairs)
        kept.add(pairs)
        if part is not None and training is not None:
            across += int((part[pairs.first] != part[pairs.second]).sum())
            matched[pairs.first[training[pairs.second]]] = True
            matched[pairs.second[training[pairs.first]]] = True
    held_out = matched if training is None else matched & ~training
    return NearDuplicates(threshold, encoder, total, across, kept.pairs(), links.groups(), held_out)


def near_pairs(
    vectors: Float[np.ndarray, "N D"],
    *,
    threshold: float,
    moments: Moments | None = None,
    block: int = BLOCK,
    progress: Progress = silent,
) -> Iterator[Pairs]:
    """Give every pair of rows whose cosine reaches the threshold, a block of at most `block`**2 pairs at a time.

    Args:
        vectors: (N, D).
        threshold: in (0, 1].
        moments: mean and deviation, (D,) each, by which rows are standardised first.
        block: rows multiplied with as many others at once.
        progress: told of stage "compare images", in blocks.
    """
    starts = range(0, len(vectors), block)
    total, done = len(starts) * (len(starts) + 1) // 2, 0
    progress("compare images", 0, total)
    rows = partial(_rows, vectors, moments)
    sketch = Sketch.of(rows, len(vectors), vectors.shape[1], block=block) if len(starts) > _FEW else None
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


def _dense(above: Float[np.ndarray, "A D"], beside: Float[np.ndarray, "B D"], threshold: float) -> _Found | None:
    """Return the pairs of two blocks of unit rows that reach the threshold; None where there is none."""
    cosines = above @ beside.T  # (A, B) float32
    if cosines.max() < threshold - _SLACK:
        return None
    i, j = np.nonzero(cosines >= threshold - _SLACK)
    return i, j, cosines[i, j]


def _bounded(
    sketch: Sketch,
    above: Float[np.ndarray, "A D"],
    rows: Callable[[Any], Float[np.ndarray, "B D"]],
    at: tuple[int, int],
    block: int,
    threshold: float,
) -> _Found | None:
    """Return the same of the blocks at two starts, looking only at pairs that the sketch does not rule out."""
    top, left = at
    i, j = sketch.candidates(slice(top, top + block), slice(left, left + block), threshold)
    if not len(i):
        return None
    if len(i) > _SPARSE * block:
        return _dense(above, rows(slice(left, left + block)), threshold)
    needed, place = np.unique(j, return_inverse=True)
    cosines = np.einsum("pd,pd->p", above[i], rows(needed + left)[place])
    near = cosines >= threshold - _SLACK
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
    """Return mean and deviation of each column, 1 for the deviation of a constant one; two passes over blocks."""
    blocks = [vectors[start : start + BLOCK] for start in range(0, len(vectors), BLOCK)]
    mean = sum((rows.sum(axis=0, dtype=np.float64) for rows in blocks), np.zeros(vectors.shape[1])) / len(vectors)
    squares = sum((((rows - mean) ** 2).sum(axis=0) for rows in blocks), np.zeros(vectors.shape[1]))
    deviation = np.sqrt(squares / len(vectors))
    return mean.astype(np.float32), np.where(deviation > 0, deviation, 1).astype(np.float32)


def _copied(pairs: Pairs, copies: Groups) -> Bool[np.ndarray, " P"]:
    return (copies[pairs.first] == copies[pairs.second]) & (copies[pairs.first] >= 0)


class _Links:
    """Groups of rows joined by pairs (union-find), each block of pairs first thinned to a forest."""

    def __init__(self, rows: int) -> None:
        self._parent = np.arange(rows)

    def add(self, pairs: Pairs) -> None:
        nodes, ends = np.unique(np.concatenate([pairs.first, pairs.second]), return_inverse=True)
        first, second = ends[: len(pairs)], ends[len(pairs) :]
        graph = coo_array((np.ones(len(pairs), dtype=bool), (first, second)), shape=(len(nodes), len(nodes)))
        _, component = connected_components(graph, directed=False)
        _, leader = np.unique(component, return_index=True)
        for row, lead in zip(nodes.tolist(), nodes[leader][component].tolist(), strict=True):
            self._parent[self._root(row)] = self._root(lead)

    def groups(self) -> Groups:
        roots = np.array([self._root(row) for row in range(len(self._parent))], dtype=np.int64)
        sizes = np.bincount(roots, minlength=len(roots))
        return numbered(np.where(sizes[roots] > 1, roots, -1)) if len(roots) else roots

    def _root(self, row: int) -> int:
        parent = self._parent
        while parent[row] != row:
            parent[row] = parent[parent[row]]  # halve the path, so that paths stay short
            row = int(parent[row])
        return row


class _Closest:
    """The closest pairs met so far, at most twice `most` held."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: list[Pairs] = []

    def add(self, pairs: Pairs) -> None:
        self._held.append(pairs if len(pairs) <= self._most else pairs.at(_order(pairs)[: self._most]))
        if sum(map(len, self._held)) > 2 * self._most:
            self._held = [self.pairs()]

    def pairs(self) -> Pairs:
        empty = np.empty(0, dtype=np.int64)
        held = [Pairs(empty, empty, np.empty(0, dtype=np.float32)), *self._held]
        every = Pairs(
            np.concatenate([p.first for p in held]),
            np.concatenate([p.second for p in held]),
            np.concatenate([p.cosines for p in held]),
        )
        return every.at(_order(every)[: self._most])


def _order(pairs: Pairs) -> Int[np.ndarray, " P"]:
    return np.lexsort((pairs.second, pairs.first, -pairs.cosines))
