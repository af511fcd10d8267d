"""Measures of imbalance between the labels of multi-label images."""

import numpy as np
from jaxtyping import Bool, Float, Int


def imbalance_ratios(counts: Int[np.ndarray, " C"]) -> Float[np.ndarray, " C"]:
    """Return IRLbl, the count of the most frequent class divided by that of each; NaN for a class without images.

    Source: Charte et al., Neurocomputing 2015, equation 2.

    >>> imbalance_ratios(np.array([30, 10, 3])).tolist()
    [1.0, 3.0, 10.0]
    """
    return counts.max() / np.where(counts > 0, counts, np.nan)


def minority(counts: Int[np.ndarray, " C"]) -> Bool[np.ndarray, " C"]:
    """Return which classes have an IRLbl above its mean over classes, MeanIR; Charte et al. 2015, equation 3."""
    ratios = imbalance_ratios(counts)
    if np.isnan(ratios).all():
        return np.zeros(len(counts), bool)
    return ratios > np.nanmean(ratios)


def scumble(matrix: Bool[np.ndarray, "T C"]) -> Float[np.ndarray, " T"]:
    """Return the SCUMBLE of each image, 1 - geometric mean / mean of the IRLbl of its classes; 0 for none or one class.

    Source: Charte et al., HAIS 2014, equation 3, over the classes that an image carries, as in the mldr package: over
    all classes the geometric mean would be 0 wherever one is absent.
    """
    ratios = np.nan_to_num(imbalance_ratios(matrix.sum(axis=0)), nan=1.0)
    carried = np.maximum(matrix.sum(axis=1), 1)
    mean = (matrix @ ratios) / carried
    geometric = np.exp((matrix @ np.log(ratios)) / carried)
    return np.where(matrix.any(axis=1), 1 - geometric / np.where(mean > 0, mean, 1), 0.0)
