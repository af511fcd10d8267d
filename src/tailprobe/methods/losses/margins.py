"""Margins that grow as classes get rarer."""

import numpy as np
from jaxtyping import Float, Int


def label_margins(counts: Int[np.ndarray, " C"], largest: float) -> Float[np.ndarray, " C"]:
    """Return (C,) float64, n_c^(-1/4) rescaled so that the largest is `largest`; no image counts as one.

    Source: Cao et al., NeurIPS 2019, equation 10.

    >>> label_margins(np.array([10000, 16]), 0.5).tolist()
    [0.1, 0.5]
    """
    margins = np.maximum(counts, 1) ** -0.25
    return largest * margins / margins.max()
