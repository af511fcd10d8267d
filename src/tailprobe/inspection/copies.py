"""Exact duplicates, and which of them are in different parts of a split."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int, UInt8

from tailprobe.labels import Labels

Groups = Int[np.ndarray, " N"]  # number of the group, from 0; -1 for an image without duplicates


@dataclass(frozen=True, eq=False)
class Copies:
    """Groups of exact duplicates among N images."""

    groups: Groups
    pairs: int  # of exact duplicates
    pairs_across: int  # in different parts; 0 if there are no parts
    held_out_copied: Bool[np.ndarray, " N"]  # validation and test images with a copy in the training part
    disagreeing: int  # groups whose images do not all carry the same classes

    @property
    def number(self) -> int:
        """Groups."""
        return int(self.groups.max(initial=-1)) + 1

    @property
    def surplus(self) -> int:
        """Number of images that are removed when one of each group is kept."""
        return int((self.groups >= 0).sum()) - self.number


def find_copies(hashes: UInt8[np.ndarray, "N W"], labels: Labels, *, parts: Sequence[str] | None = None) -> Copies:
    """Group images by equal content hash; a hash of zeros means no content and is never a duplicate.

    Args:
        hashes: (N, W) bytes, W >= 1.
        labels: of the N images.
        parts: (N,) "train", "validation" or "test".
    """
    groups = equal_rows(hashes)
    sizes = np.bincount(groups[groups >= 0])
    return Copies(
        groups,
        pairs=int((sizes * (sizes - 1) // 2).sum()),
        pairs_across=_pairs_across(groups, parts),
        held_out_copied=_copied(groups, parts),
        disagreeing=_disagreeing(groups, labels),
    )


def equal_rows(hashes: UInt8[np.ndarray, "N W"]) -> Groups:
    """Number the groups of two and more equal rows, in the order of their first; -1 for unique rows and rows of zeros.

    >>> equal_rows(np.array([[7], [1], [7], [2], [0], [0]], dtype=np.uint8))
    array([ 0, -1,  0, -1, -1, -1])
    """
    keys = np.ascontiguousarray(hashes).view(np.dtype((np.void, hashes.shape[1]))).ravel()
    _, inverse, counts = np.unique(keys, return_inverse=True, return_counts=True)
    together = (counts[inverse] > 1) & hashes.any(axis=1)
    return numbered(np.where(together, inverse, -1))


def numbered(marks: Int[np.ndarray, " N"]) -> Groups:
    """Renumber labels from 0 in order of first occurrence; -1 is kept.

    >>> numbered(np.array([9, -1, 4, 9]))
    array([ 0, -1,  1,  0])
    """
    rows = np.flatnonzero(marks >= 0)
    _, first, inverse = np.unique(marks[rows], return_index=True, return_inverse=True)
    order = np.empty(len(first), dtype=np.int64)
    order[np.argsort(first)] = np.arange(len(first))
    groups = np.full(len(marks), -1, dtype=np.int64)
    groups[rows] = order[inverse]
    return groups


def _pairs_across(groups: Groups, parts: Sequence[str] | None) -> int:
    if parts is None:
        return 0
    rows = np.flatnonzero(groups >= 0)
    _, part = np.unique(np.asarray(parts), return_inverse=True)
    table = np.zeros((int(groups.max(initial=-1)) + 1, int(part.max(initial=0)) + 1), dtype=np.int64)  # (groups, parts)
    np.add.at(table, (groups[rows], part[rows]), 1)
    # All ordered pairs of a group minus those within a part, each pair met twice.
    return int((table.sum(axis=1) ** 2 - (table**2).sum(axis=1)).sum() // 2)


def _copied(groups: Groups, parts: Sequence[str] | None) -> Bool[np.ndarray, " N"]:
    if parts is None:
        return np.zeros(len(groups), dtype=bool)
    training = np.asarray(parts) == "train"
    in_training = np.unique(groups[training & (groups >= 0)])
    return np.isin(groups, in_training) & ~training


def _disagreeing(groups: Groups, labels: Labels) -> int:
    """Return the groups in which some image has another label than the first, both known."""
    rows = np.flatnonzero(groups >= 0)
    rows = rows[np.argsort(groups[rows], kind="stable")]
    first = np.searchsorted(groups[rows], groups[rows])  # start of each row's group in the sorted rows
    differing = labels.matrix[rows] != labels.matrix[rows[first]]
    if labels.known is not None:
        differing &= labels.known[rows] & labels.known[rows[first]]
    differs = differing.any(axis=1)
    return len(np.unique(groups[rows[differs]]))
