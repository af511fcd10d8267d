"""Mean and standard deviation of each dimension of training rows, for heads fitted without gradient descent."""

import numpy as np
from jaxtyping import Float


def centre_and_scale(rows: Float[np.ndarray, "T D"]) -> tuple[Float[np.ndarray, " D"], Float[np.ndarray, " D"]]:
    """Return (D,) float64 means and 1 / standard deviation, 0 for columns that do not vary.

    >>> centre_and_scale(np.array([[1.0, 5.0], [3.0, 5.0]]))
    (array([2., 5.]), array([1., 0.]))
    """
    mean, deviation = rows.mean(axis=0, dtype=np.float64), rows.std(axis=0, dtype=np.float64)
    varies = deviation > 1e-6 * np.maximum(np.abs(mean), 1e-6)
    return mean, np.where(varies, 1 / np.where(varies, deviation, 1), 0)
