"""An approximate inverse of the curvature of a linear head's loss: few rows exactly, the others by their mean."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from scipy.linalg.blas import ssyrk

from tailprobe.methods.heads.axes import Axes

_LEAST = 1e-6  # of the largest: rows that bend less are left to the mean
_BIAS = 0.005  # of all weight, added for the bias: with no row left to the mean K would be 0 there
_JITTER = 1e-5  # of the largest diagonal element, above the rounding of float32


@dataclass(frozen=True, eq=False)
class Preconditioner:
    r"""Of one class: the inverse of P = K + Z' A Z by Woodbury's identity.

    The curvature is sum_i a_i z_i z_i' + penalty I over the rows z_i, a 1 for the bias at their end. The few rows of
    the largest a_i enter it exactly, as Z (n, D + 1) and A = diag(a); the others, of weight r together, as r times the
    covariance of all rows, which along the principal axes is diagonal, as K is then:

        P^-1 g = K^-1/2 (h - R' (A^-1 + R R')^-1 R h), h = K^-1/2 g, R = Z K^-1/2
    """

    shrink: Float[np.ndarray, " E"]  # the diagonal of K^-1/2, E = D + 1
    scaled: Float[np.ndarray, "n E"]  # R
    factor: Any  # Cholesky factor of the inner matrix; None if no row is taken exactly

    @classmethod
    def of(cls, axes: Axes, bends: Float[np.ndarray, " T"], penalty: float, heavy: int) -> "Preconditioner":
        """Build it.

        Args:
            axes: the rows along their principal axes.
            bends: a, 0 or more, float32.
            penalty: of the squared weights.
            heavy: rows to take exactly, at most.
        """
        taken = np.argpartition(-bends, heavy)[:heavy] if len(bends) > heavy else np.arange(len(bends))
        taken = taken[bends[taken] > _LEAST * float(bends.max(initial=0))]
        total, weights = float(bends.sum()), bends[taken]
        rest = max(total - float(weights.sum()), 0.0)
        bias = np.float32(rest + _BIAS * total + 1e-12)
        diagonal = np.append((rest * axes.variances + penalty + 1e-12).astype(np.float32), bias)
        shrink = 1 / np.sqrt(diagonal)
        scaled = np.empty((len(taken), len(shrink)), np.float32)
        np.multiply(axes.rows[taken], shrink[:-1], out=scaled[:, :-1])
        scaled[:, -1] = shrink[-1]
        if not len(taken):
            return cls(shrink, scaled, None)
        inner = ssyrk(1.0, scaled.T, trans=1, lower=1)  # half a product: its lower triangle
        each = np.arange(len(taken))
        inner[each, each] += 1 / weights + _JITTER * inner[each, each].max(initial=0)
        try:
            factor = cho_factor(inner, lower=True, overwrite_a=True, check_finite=False)
        except LinAlgError:
            factor = None
        return cls(shrink, scaled, factor)

    def __call__(self, gradient: Float[np.ndarray, " E"]) -> Float[np.ndarray, " E"]:
        """Return P^-1 gradient."""
        half = self.shrink * gradient
        if self.factor is not None:
            half = half - self.scaled.T @ cho_solve(self.factor, self.scaled @ half, check_finite=False)
        return self.shrink * half
