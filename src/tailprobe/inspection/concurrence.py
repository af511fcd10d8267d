"""Concurrence of rare and frequent classes on the same images (SCUMBLE); if it is high, resampling changes both."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Bool, Float

Matrix = Bool[np.ndarray, "N C"]
_BLOCK = 65_536  # rows made into floating-point numbers at a time


def image_concurrence(matrix: Matrix, ratios: Float[np.ndarray, " C"]) -> Float[np.ndarray, " N"]:
    r"""Return SCUMBLE of each image: the dispersion of the imbalance ratios of its classes.

    1 - (prod_l r_l)^(1/k) / (sum_l r_l / k) over the k classes that the image carries: one minus the geometric mean
    over the arithmetic one (Atkinson's index), 0 where all are equally rare, near 1 where rare and frequent classes
    meet.

    Args:
        matrix: (N, C), which image carries which class.
        ratios: (C,) imbalance ratios of the classes, >= 1; NaN only if no image carries the class.

    Returns:
        (N,) float64 in [0, 1); NaN for an image of no class, which the formula leaves undefined.

    Source:
        Charte et al., "Concurrence among imbalanced labels and its influence on multilabel resampling algorithms",
        HAIS 2014, equation 4. Printed, the product runs over all labels with zeros for absent ones; meant, as in the
        authors' package mldr, are the labels of the image.

    >>> image_concurrence(np.array([[True, False], [True, True], [False, False]]), np.array([1.0, 4.0]))
    array([0. , 0.2, nan])
    """
    known = np.where(np.isnan(ratios), 1.0, ratios)
    both = np.stack([known, np.log(known), np.ones_like(known)], axis=1)  # (C, 3)
    scumble = np.empty(len(matrix))
    for rows in _row_blocks(len(matrix)):
        total, logs, k = (matrix[rows].astype(np.float64) @ both).T
        tagged = k > 0
        geometric = np.exp(np.divide(logs, k, out=np.zeros_like(k), where=tagged))
        arithmetic = np.divide(total, k, out=np.full_like(k, np.nan), where=tagged)
        # Rounding may give +-1e-16 where a single class gives exactly 0.
        scumble[rows] = np.where(k == 1, 0, np.maximum(1 - geometric / arithmetic, 0))
    return scumble


def class_concurrence(matrix: Matrix, of_images: Float[np.ndarray, " N"]) -> Float[np.ndarray, " C"]:
    """Return SCUMBLE of each class, the mean of `image_concurrence` over its images.

    Returns:
        (C,) float64; NaN for a class without images.

    Source:
        Charte et al., "Dealing with difficult minority labels in imbalanced mutilabel data sets", Neurocomputing
        326-327, 2019.
    """
    sums, counts = np.zeros(matrix.shape[1]), matrix.sum(axis=0)
    for rows in _row_blocks(len(matrix)):
        sums += np.nan_to_num(of_images[rows]) @ matrix[rows].astype(np.float64)
    return np.divide(sums, counts, out=np.full(len(counts), np.nan), where=counts > 0)


def mean_concurrence(of_images: Float[np.ndarray, " N"]) -> float:
    """Return SCUMBLE of the set, the mean over the images that carry a class; NaN if none does."""
    known = of_images[~np.isnan(of_images)]
    return float(known.mean()) if known.size else float("nan")


def _row_blocks(rows: int) -> Iterator[slice]:
    return (slice(start, min(start + _BLOCK, rows)) for start in range(0, rows, _BLOCK))
