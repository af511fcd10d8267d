"""A bound on the cosine of two rows from few numbers a row, by which most pairs need no product of the whole rows.

Let P be K orthonormal directions. A unit row u is its part along them, P u, and a remainder of length r(u), so that by
Cauchy and Schwarz

    u . v  <=  P u . P v + r(u) r(v)

which is a product of rows of K + 1 numbers. The directions in which the rows lie most make it tight: embeddings of real
images have few. The bound holds whatever the directions are.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int

DIRECTIONS = 63  # K; a row of the sketch has one number more
_SAMPLE = 4096  # rows the directions are taken from
_TURNS = 3  # of the iteration that finds them
_SLACK = 1e-5  # what float32 rounding may take from a bound


@dataclass(frozen=True, eq=False)
class Sketch:
    """Of each of N unit rows its part along K directions and the length of the rest."""

    numbers: Float[np.ndarray, "N M"]  # float32, M = K + 1

    @classmethod
    def of(
        cls, rows: Callable[[Any], Float[np.ndarray, "B D"]], number: int, width: int, *, block: int
    ) -> "Sketch | None":
        """Return the sketch of unit rows, or None where it would be no shorter than half of them.

        Args:
            rows: gives the rows at a slice, or at positions.
            number: N.
            width: D.
            block: rows taken at once.
        """
        if width < 2 * (DIRECTIONS + 1):
            return None
        some = rows(np.unique(np.linspace(0, number - 1, num=min(_SAMPLE, number)).round().astype(np.int64)))
        along = _main_directions(some)
        numbers = np.empty((number, DIRECTIONS + 1), np.float32)
        for start in range(0, number, block):
            part = rows(slice(start, start + block))
            inside = part @ along
            left = (part**2).sum(axis=1) - (inside**2).sum(axis=1)
            numbers[start : start + block] = np.c_[inside, np.sqrt(np.maximum(left, 0))]
        return cls(numbers)

    def candidates(
        self, above: slice, beside: slice, threshold: float
    ) -> tuple[Int[np.ndarray, " P"], Int[np.ndarray, " P"]]:
        """Return the pairs of two blocks whose cosine may reach the threshold, as rows of the blocks."""
        bounds = self.numbers[above] @ self.numbers[beside].T
        if bounds.max() < threshold - _SLACK:
            nothing = np.empty(0, dtype=np.int64)
            return nothing, nothing
        i, j = np.nonzero(bounds >= threshold - _SLACK)
        return i, j


def _main_directions(rows: Float[np.ndarray, "S D"]) -> Float[np.ndarray, "D K"]:
    """Return orthonormal directions close to those in which the rows lie most.

    Subspace iteration from rows of theirs; a whole decomposition takes far longer and makes the bound hardly tighter.
    """
    start = rows[np.linspace(0, len(rows) - 1, num=DIRECTIONS).round().astype(np.int64)]
    along, _ = np.linalg.qr(start.T)
    for _ in range(_TURNS):
        along, _ = np.linalg.qr(rows.T @ (rows @ along))
    return np.ascontiguousarray(along, dtype=np.float32)
