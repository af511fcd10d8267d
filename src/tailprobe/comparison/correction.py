"""Holm's correction of p-values whose joint distribution is not known."""

import numpy as np
from jaxtyping import Float


def adjust(p: Float[np.ndarray, " K"]) -> Float[np.ndarray, " K"]:
    """Adjust p-values; one at or below a level then is significant at that level jointly, under any dependence.

    Args:
        p: (K,) in [0, 1]; NaN for comparisons that were not tested, which cost the others nothing.

    Source:
        Holm, Scandinavian Journal of Statistics 1979.

    >>> adjust(np.array([0.01, 0.04, np.nan, 0.03]))
    array([0.03, 0.06,  nan, 0.06])
    """
    adjusted = np.full(p.shape, np.nan)
    tested = np.flatnonzero(~np.isnan(p))
    order = tested[np.argsort(p[tested], kind="stable")]
    stepped = np.maximum.accumulate(p[order] * np.arange(len(order), 0, -1))
    adjusted[order] = np.minimum(stepped, 1)
    return adjusted
