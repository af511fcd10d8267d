"""An upper bound on the cosine of two rows from few numbers per row, which rules out most pairs.

Let P project onto K orthonormal directions. A unit row u is its projection P u plus a residual of norm r(u), so that by
the Cauchy-Schwarz inequality

    u . v  <=  P u . P v + r(u) r(v)

which is a dot product of K + 1 numbers. The bound holds for any directions, and is tight for the leading principal
directions of the rows.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int

DIRECTIONS = 63  # K; a row of the sketch has one more number
_SAMPLE = 4096  # rows from which the directions are computed
_ITERATIONS = 3  # of subspace iteration
_ROUNDING = 1e-5  # error of float32 in a bound


@dataclass(frozen=True, eq=False)
class Sketch:
    """For each of N unit rows, its projection on K directions and the norm of the residual."""

    numbers: Float[np.ndarray, "N M"]  # float32, M = K + 1

    @classmethod
    def of(
        cls, rows: Callable[[Any], Float[np.ndarray, "B D"]], number: int, width: int, *, block: int
    ) -> "Sketch | None":
        """Return the sketch of unit rows, or None if it would not save half of their width.

        Args:
            rows: returns the rows at a slice, or at indices.
            number: N.
            width: D.
            block: rows taken at once.
        """
        if width < 2 * (DIRECTIONS + 1):
            return None
        some = rows(np.unique(np.linspace(0, number - 1, num=min(_SAMPLE, number)).round().astype(np.int64)))
        along = _principal_directions(some)
        numbers = np.empty((number, DIRECTIONS + 1), np.float32)
        for start in range(0, number, block):
            part = rows(slice(start, start + block))
            inside = part @ along
            residual = (part**2).sum(axis=1) - (inside**2).sum(axis=1)
            numbers[start : start + block] = np.c_[inside, np.sqrt(np.maximum(residual, 0))]
        return cls(numbers)

    def candidates(
        self, above: slice, beside: slice, threshold: float
    ) -> tuple[Int[np.ndarray, " P"], Int[np.ndarray, " P"]]:
        """Return the pairs of two blocks whose cosine may reach the threshold, as rows of the blocks."""
        bounds = self.numbers[above] @ self.numbers[beside].T
        if bounds.max() < threshold - _ROUNDING:
            none = np.empty(0, dtype=np.int64)
            return none, none
        i, j = np.nonzero(bounds >= threshold - _ROUNDING)
        return i, j


def _principal_directions(rows: Float[np.ndarray, "S D"]) -> Float[np.ndarray, "D K"]:
    """Return orthonormal directions close to the leading principal directions of the rows.

    Subspace iteration started from rows; a full decomposition takes far longer and hardly tightens the bound.
    """
    start = rows[np.linspace(0, len(rows) - 1, num=DIRECTIONS).round().astype(np.int64)]
    along, _ = np.linalg.qr(start.T)
    for _ in range(_ITERATIONS):
        along, _ = np.linalg.qr(rows.T @ (rows @ along))
    return np.ascontiguousarray(along, dtype=np.float32)
