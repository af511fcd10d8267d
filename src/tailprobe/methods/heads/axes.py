"""Principal axes of training rows, in which the curvature of a linear head's loss is nearly diagonal."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.heads.columns import centre_and_scale

_FEW = 256  # rows: so few need no axes, see `Preconditioner`


@dataclass(frozen=True, eq=False)
class Axes:
    """The eigenvectors of X'X / T and the rows along them; `rows = X axes`, and axes' X'X / T axes is diagonal."""

    axes: Float[np.ndarray, "D D"] | None  # float64, orthogonal; None: the dimensions as they are
    variances: Float[np.ndarray, " D"]  # float64, the eigenvalues
    rows: Float[np.ndarray, "T D"]  # float32

    @classmethod
    def of(cls, x: Float[np.ndarray, "T D"], *, gram: Callable[[], Float[np.ndarray, "D D"]] | None = None) -> "Axes":
        """Decompose the Gram matrix of (T, D) float64 rows; of a few rows take the dimensions as they are.

        Args:
            x: the rows.
            gram: gives X'X / T where it is known.
        """
        if len(x) <= _FEW:
            return cls(None, (x**2).mean(axis=0), x.astype(np.float32))
        variances, axes = np.linalg.eigh(gram_matrix(x) if gram is None else gram())
        return cls(axes, np.maximum(variances, 0), x.astype(np.float32) @ axes.astype(np.float32))

    def part(self, rows: Bool[np.ndarray, " T"] | Int[np.ndarray, " P"]) -> "Axes":
        """Return the same axes for some of the rows, near enough to their own."""
        return Axes(self.axes, self.variances, self.rows[rows])

    def along(self, gradient: Float[np.ndarray, "C D"]) -> Float[np.ndarray, "C D"]:
        """Return vectors in the coordinates of the axes."""
        return gradient if self.axes is None else gradient @ self.axes

    def back(self, step: Float[np.ndarray, "C D"]) -> Float[np.ndarray, "C D"]:
        """Return vectors of those coordinates in the dimensions of the rows."""
        return step if self.axes is None else step @ self.axes.T


def standardised_rows(train: TrainingSet) -> tuple[Float[np.ndarray, "T D"], Axes]:
    """Return the standardised rows, float64, and their principal axes, shared with other methods of the rows."""

    def make() -> tuple[Float[np.ndarray, "T D"], Axes]:
        x = np.asarray(train.embeddings, np.float64)
        mean, inverse = centre_and_scale(x)
        x = (x - mean) * inverse
        x.flags.writeable = False
        return x, Axes.of(x)

    return train.memo.once("standardised rows", make)


def gram_matrix(x: Float[np.ndarray, "T D"]) -> Float[np.ndarray, "D D"]:
    """Return X'X / T."""
    return x.T @ x / len(x)


def principal(x: Float[np.ndarray, "T D"], axes: Axes) -> tuple[Float[np.ndarray, " K"], Float[np.ndarray, "D K"]]:
    """Return the eigenvalues of X'X that may differ from 0, and their eigenvectors as columns, float64."""
    if axes.axes is None:
        _, singular, right = np.linalg.svd(x, full_matrices=False)
        return singular**2, right.T
    return axes.variances * len(x), axes.axes
