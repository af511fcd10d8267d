"""Nearest neighbours among the training rows, and the distance between their labels."""

import numpy as np
from jaxtyping import Bool, Float, Int

from tailprobe.learners.training_set import TrainingSet

_FEW = 5  # neighbours that are found whenever fewer are asked for, so that methods can share them


def nearest_of(train: TrainingSet, k: int) -> Int[np.ndarray, "T K"]:
    """Return the k nearest other training rows of each, see `nearest_rows`; shared with other methods."""
    number = max(k, _FEW)
    return train.memo.once(f"{number} neighbours", lambda: nearest_rows(train.embeddings, number))[:, :k]


def nearest_rows(rows: Float[np.ndarray, "T D"], k: int) -> Int[np.ndarray, "T K"]:
    """Return the k nearest other rows of each by Euclidean distance, fewer if there are fewer rows."""
    from sklearn.neighbors import NearestNeighbors  # slow to import

    k = min(k, len(rows) - 1)
    if k < 1:
        return np.zeros((len(rows), 0), np.int64)
    finder = NearestNeighbors(n_neighbors=k).fit(np.asarray(rows, np.float64))
    return finder.kneighbors(return_distance=False)


def label_distance(one: Bool[np.ndarray, "... C"], two: Bool[np.ndarray, "... C"]) -> Float[np.ndarray, "..."]:
    """Return the adjusted Hamming distance: |one xor two| / (|one| + |two|), in numbers of classes.

    0 for equal labels, 1 for labels without a common class. Source: Charte et al., IDEAL 2014, equation 4.

    >>> label_distance(np.array([[True, True, False]]), np.array([[True, False, False]])).round(3)
    array([0.333])
    """
    differing, carried = (one ^ two).sum(axis=-1), one.sum(axis=-1) + two.sum(axis=-1)
    return differing / np.maximum(carried, 1)


def removable(matrix: Bool[np.ndarray, "T C"], low_frequency: Bool[np.ndarray, " C"]) -> Bool[np.ndarray, " T"]:
    """Return (T,) bool, which rows carry no low-frequency class."""
    return ~(matrix & low_frequency).any(axis=1, keepdims=True)[:, 0]
