"""Label sets: images that carry the same classes, as one class each (label powerset)."""

import numpy as np
from jaxtyping import Bool, Int


def label_sets(matrix: Bool[np.ndarray, "T C"]) -> list[Int[np.ndarray, " n"]]:
    """Return the rows of every set of classes that occurs, sets in order of their bits.

    >>> [rows.tolist() for rows in label_sets(np.array([[True, False], [False, True], [True, False]]))]
    [[1], [0, 2]]
    """
    inverse = np.unique(matrix, axis=0, return_inverse=True)[1].reshape(-1)
    return [np.flatnonzero(inverse == i) for i in range(inverse.max() + 1)]
