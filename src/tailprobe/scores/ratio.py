"""Ratios of sums, and means and variances that ignore NaN: NaN if there is nothing to divide by."""

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


def ratio_influence(
    part: Float[np.ndarray, "N C"], whole: Float[np.ndarray, "N C"], value: Float[np.ndarray, " C"]
) -> Float[np.ndarray, "N C"]:
    """Return each image's influence on sum(part) / sum(whole) = value: (part_i - value whole_i) / sum(whole).

    Recall, precision, F-beta, accuracy and the Brier score are such ratios of sums over the images.
    """
    total = np.broadcast_to(whole.sum(axis=0), part.shape)
    return np.nan_to_num(ratio(part - value * whole, total))


def defined_mean(values: Float[np.ndarray, "*shape"], *, axis: int = 0) -> Float[np.ndarray, "*rest"]:
    """Return the mean of the values that are not NaN, along an axis; NaN if nothing is defined.

    >>> defined_mean(np.array([[1.0, np.nan], [3.0, np.inf]]))
    array([ 2., inf])
    """
    defined = ~np.isnan(values)
    return ratio(np.asarray(np.where(defined, values, 0).sum(axis=axis)), np.asarray(defined.sum(axis=axis)))


def defined_moments(
    values: Float[np.ndarray, "*shape"], *, axis: int = 0
) -> tuple[Float[np.ndarray, "*rest"], Int[np.ndarray, "*rest"], Float[np.ndarray, "*rest"]]:
    """Return mean, number and sample variance (n - 1) of the values that are not NaN, along an axis.

    The mean is NaN if nothing is defined, the variance where fewer than two values are.

    >>> mean, number, variance = defined_moments(np.array([[1.0, np.nan], [3.0, 5.0]]))
    >>> mean, number, variance
    (array([2., 5.]), array([2, 1]), array([ 2., nan]))
    """
    defined = ~np.isnan(values)
    number = np.asarray(defined.sum(axis=axis))
    mean = defined_mean(values, axis=axis)
    squares = np.where(defined, (values - np.expand_dims(mean, axis)) ** 2, 0).sum(axis=axis)
    return mean, number, ratio(np.asarray(squares), np.asarray(number - 1))
