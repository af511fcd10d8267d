"""Class means and the covariance within classes, for linear discriminant analysis."""

import numpy as np
from jaxtyping import Bool, Float
from scipy.linalg import cho_factor, cho_solve


def class_means(x: Float[np.ndarray, "T D"], labels: Bool[np.ndarray, "T C"]) -> Float[np.ndarray, "C D"]:
    """Return the mean of each class's rows; of all rows for a class without any."""
    counts = labels.sum(axis=0)
    sums = labels.T.astype(np.float64) @ x
    return np.where(counts[:, None] > 0, sums / np.maximum(counts, 1)[:, None], x.mean(axis=0))


def within(
    gram: Float[np.ndarray, "D D"], means: Float[np.ndarray, "C D"], shares: Float[np.ndarray, " C"]
) -> Float[np.ndarray, "D D"]:
    """Return the covariance within classes, one a row: X'X / T less the shares times the products of the means."""
    return gram - (means.T * shares) @ means


def shrunk(covariance: Float[np.ndarray, "D D"], shrinkage: float) -> Float[np.ndarray, "D D"]:
    """Return (1 - s) S + s (trace(S) / D) I, s the shrinkage, 0 to 1."""
    variance = max(float(np.trace(covariance)) / len(covariance), 1e-12)
    diagonal = (shrinkage + 1e-9) * variance  # invertible without shrinkage, too
    return (1 - shrinkage) * covariance + diagonal * np.eye(len(covariance))


def ledoit_wolf(residuals: Float[np.ndarray, "T D"]) -> float:
    """Return the shrinkage of Ledoit and Wolf 2004 for the covariance of centred rows."""
    from sklearn.covariance import ledoit_wolf_shrinkage  # slow to import

    return float(ledoit_wolf_shrinkage(residuals, assume_centered=True))


def solve(covariance: Float[np.ndarray, "D D"], means: Float[np.ndarray, "C D"]) -> Float[np.ndarray, "C D"]:
    """Return (C, D) S^-1 m_c for each of the means."""
    return cho_solve(cho_factor(covariance), means.T).T
