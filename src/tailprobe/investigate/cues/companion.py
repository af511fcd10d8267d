"""The company of a class: the label that most often comes with it, by the phi coefficient."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from tailprobe.labels import Labels

LEAST = 10  # images in each of the four cells: fewer leave test parts without any


@dataclass(frozen=True)
class Companion:
    """A class and the class that it co-occurs with most."""

    class_index: int
    companion: int
    phi: float  # correlation of the two labels
    cells: tuple[int, int, int, int]  # images with both, only the class, only the companion, neither


def find_companion(labels: Labels, c: int, *, least: int = LEAST) -> Companion | None:
    """Return the companion of a class that correlates with it most.

    Args:
        least: images that each of the four combinations of both labels must have.

    Returns:
        None if no label is both with and without the class often enough, or none correlates positively.
    """
    cells = _cells(labels.matrix, c)  # (C, 4)
    phi = np.where((cells >= least).all(axis=1), _phi(cells), -np.inf)
    phi[c] = -np.inf
    best = int(np.argmax(phi))
    if not phi[best] > 0:
        return None
    both, alone, other, neither = cells[best].tolist()
    return Companion(c, best, float(phi[best]), (both, alone, other, neither))


def _cells(matrix: Bool[np.ndarray, "N C"], c: int) -> Int[np.ndarray, "C 4"]:
    carried = matrix[:, c]
    both = matrix[carried].sum(axis=0, dtype=np.int64)
    other = matrix[~carried].sum(axis=0, dtype=np.int64)
    return np.stack([both, carried.sum() - both, other, (~carried).sum() - other], axis=1)


def _phi(cells: Int[np.ndarray, "C 4"]) -> Float[np.ndarray, " C"]:
    both, alone, other, neither = cells.T.astype(np.float64)
    scale = np.sqrt((both + alone) * (other + neither) * (both + other) * (alone + neither))
    return np.asarray(np.divide(both * neither - alone * other, scale, out=np.zeros(len(cells)), where=scale > 0))
