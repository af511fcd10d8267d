"""Standard measures of multi-label imbalance of a label matrix."""

import numpy as np
from jaxtyping import Bool, Float, Int

Counts = Int[np.ndarray, " C"]


def imbalance_ratios(counts: Counts) -> Float[np.ndarray, " C"]:
    """Return IRLbl, the count of the largest class divided by that of each class.

    Args:
        counts: (C,) images that carry each class.

    Returns:
        (C,) float64, 1 for the largest class; NaN for a class that no image carries.

    Source:
        Charte et al., "Addressing imbalance in multilabel classification", Neurocomputing 163, 2015, equation 6.

    >>> imbalance_ratios(np.array([900, 90, 10, 0]))
    array([ 1., 10., 90., nan])
    """
    ratios = np.full(len(counts), np.nan)
    return np.divide(counts.max(initial=0), counts, out=ratios, where=counts > 0)


def mean_imbalance_ratio(ratios: Float[np.ndarray, " C"]) -> float:
    """Return MeanIR, the mean of IRLbl over the classes that have images; NaN if none has.

    Source:
        Charte et al., 2015, equation 7. Leaving empty classes out is ours; there are none in the paper.
    """
    known = ratios[~np.isnan(ratios)]
    return float(known.mean()) if known.size else float("nan")


def imbalance_variation(ratios: Float[np.ndarray, " C"]) -> float:
    """Return CVIR, the coefficient of variation of IRLbl: whether all classes are about as imbalanced, or some more so.

    The deviation is that of a sample (divided by C - 1); NaN with fewer than two classes that have images.

    Source:
        Charte et al., 2015, equation 8.
    """
    known = ratios[~np.isnan(ratios)]
    return float(known.std(ddof=1) / known.mean()) if known.size > 1 else float("nan")


def label_cardinality(matrix: Bool[np.ndarray, "N C"]) -> float:
    """Return the mean number of classes an image carries; NaN without images.

    Source:
        Tsoumakas and Katakis, "Multi-label classification: an overview", 2007.
    """
    return float(matrix.sum() / len(matrix)) if len(matrix) else float("nan")


def label_density(matrix: Bool[np.ndarray, "N C"]) -> float:
    """Return the cardinality divided by the number of classes; NaN without images or classes."""
    return float(matrix.mean()) if matrix.size else float("nan")
