"""Empirical-Bayes shrinkage of the covariances between test parts that share images, over the classes of a method.

A class with ten test positives has a noisy covariance estimate, and setting it to 0 where it comes out below biases it
upwards by about its standard error. How alike the images' influences are from seed to seed depends on the method, so
the classes of one method are pooled: of each, the correlation c_k = cov_k / test sampling variance_k is shrunk towards
a random-effects mean over the classes, by its own squared error over that plus the variance between classes.

Source:
    DerSimonian and Laird, Meta-analysis in clinical trials, 1986 (moments of a random-effects mean); Morris, Parametric
    empirical Bayes inference, JASA 1983 (posterior mean and variance).
"""

import numpy as np
from jaxtyping import Bool, Float

from tailprobe.scores.ratio import ratio

_MIN_CLASSES = 4


def shrink_covariances(
    covariance: Float[np.ndarray, "M K"],
    covariance_variance: Float[np.ndarray, "M K"],
    test_sampling_variance: Float[np.ndarray, "M K"],
    *,
    support: Float[np.ndarray, " K"],
    classes: int,
) -> tuple[Float[np.ndarray, "M K"], Float[np.ndarray, "M K"]]:
    """Shrink the covariances of each method's classes towards their mean correlation.

    Args:
        covariance: unclipped; NaN where unknown.
        support: test positives of each class.
        classes: how many of the K columns are classes; the groups after them are left as they are.

    Returns:
        The covariances, not below 0, and their squared standard errors, both (M, K) float64.
    """
    shrunk, squared_error = covariance.copy(), covariance_variance.copy()
    for method in range(len(covariance)):
        columns = (method, slice(0, classes))
        sampling = test_sampling_variance[columns]
        used = (sampling > 0) & ~np.isnan(covariance[columns]) & (support[:classes] > 0)
        if used.sum() < _MIN_CLASSES:
            continue
        correlation, posterior_variance = _shrink(
            ratio(covariance[columns], sampling),
            ratio(covariance_variance[columns], sampling**2),
            support[:classes],
            used,
        )
        shrunk[columns] = np.where(used, correlation * sampling, covariance[columns])
        squared_error[columns] = np.where(used, posterior_variance * sampling**2, covariance_variance[columns])
    return np.maximum(shrunk, 0), squared_error


def _shrink(
    correlation: Float[np.ndarray, " C"],
    squared_error: Float[np.ndarray, " C"],
    support: Float[np.ndarray, " C"],
    used: Bool[np.ndarray, " C"],
) -> tuple[Float[np.ndarray, " C"], Float[np.ndarray, " C"]]:
    """Return each correlation's posterior mean and variance under a normal prior estimated from all of them."""
    # A correlation's own error is itself a noisy estimate; it falls as one over the positives.
    squared_error = np.median((squared_error * support)[used]) / np.maximum(support, 1e-9)
    squared_error = np.maximum(squared_error, 1e-12)
    weight = np.where(used, 1 / squared_error, 0)
    correlation = np.where(used, correlation, 0)
    mean = (weight @ correlation) / weight.sum()
    q_minus_df = weight @ (correlation - mean) ** 2 - (used.sum() - 1)
    tau2 = max(q_minus_df / (weight.sum() - weight @ weight / weight.sum()), 0.0)  # between classes
    weight = np.where(used, 1 / (squared_error + tau2), 0)
    mean = (weight @ correlation) / weight.sum()
    kept = tau2 / (tau2 + squared_error)
    return mean + kept * (correlation - mean), kept * squared_error + (1 - kept) ** 2 / weight.sum()
