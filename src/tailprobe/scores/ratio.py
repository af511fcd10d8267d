"""Division that knows when there is nothing to divide by."""

import numpy as np
from jaxtyping import Float, Int


def ratio(
    part: Float[np.ndarray, "*shape"] | Int[np.ndarray, "*shape"],
    whole: Float[np.ndarray, "*shape"] | Int[np.ndarray, "*shape"],
) -> Float[np.ndarray, "*shape"]:
    """Return part / whole as float64, NaN where whole is not above 0 or is NaN.

    >>> ratio(np.array([1, 0]), np.array([4, 0]))
    array([0.25,  nan])
    """
    result = np.full(part.shape, np.nan)
    np.divide(part, whole, out=result, where=whole > 0)
    return result
