"""Covariances of test parts that share images, steadied over the classes of a method.

A class with ten test positives tells its covariance badly, and taking it as 0 where it comes out below errs upwards by
about what it is unsure of. What images say in every seed alike is a matter of the method, so the classes of one method
foretell each other's share of it, c_k = cov_k / image variance_k: a random-effects mean over the classes, to which each
is moved by as much as its own error exceeds the classes' true spread.

Source:
    DerSimonian and Laird, Meta-analysis in clinical trials, 1986 (moments of a random-effects mean); Morris, Parametric
    empirical Bayes inference, JASA 1983 (moving each towards it, and the error left).
"""

import numpy as np
from jaxtyping import Bool, Float

from tailprobe.scores.ratio import ratio

_LEAST_CLASSES = 4


def steady_covariance(
    covariance: Float[np.ndarray, "M K"],
    covariance_variance: Float[np.ndarray, "M K"],
    image_variance: Float[np.ndarray, "M K"],
    *,
    support: Float[np.ndarray, " K"],
    classes: int,
) -> tuple[Float[np.ndarray, "M K"], Float[np.ndarray, "M K"]]:
    """Move the covariances of each method's classes towards what the others foretell.

    Args:
        covariance: unclipped; NaN where unknown.
        support: test positives of each class.
        classes: how many of the K columns are classes; the groups after them are left as they are.

    Returns:
        The covariances, not below 0, and their squared standard errors, both (M, K) float64.
    """
    steady, error = covariance.copy(), covariance_variance.copy()
    for method in range(len(covariance)):
        mine = (method, slice(0, classes))
        whole = image_variance[mine]
        used = (whole > 0) & ~np.isnan(covariance[mine]) & (support[:classes] > 0)
        if used.sum() < _LEAST_CLASSES:
            continue
        share, doubt = _shrink(
            ratio(covariance[mine], whole), ratio(covariance_variance[mine], whole**2), support[:classes], used
        )
        steady[mine] = np.where(used, share * whole, covariance[mine])
        error[mine] = np.where(used, doubt * whole**2, covariance_variance[mine])
    return np.maximum(steady, 0), error


def _shrink(
    share: Float[np.ndarray, " C"],
    error: Float[np.ndarray, " C"],
    support: Float[np.ndarray, " C"],
    used: Bool[np.ndarray, " C"],
) -> tuple[Float[np.ndarray, " C"], Float[np.ndarray, " C"]]:
    """Return each share moved towards their mean, and the squared error left."""
    # A share's own error is itself told badly; it falls as one over the positives.
    error = np.median((error * support)[used]) / np.maximum(support, 1e-9)
    error = np.maximum(error, 1e-12)
    weight = np.where(used, 1 / error, 0)
    share = np.where(used, share, 0)
    mean = (weight @ share) / weight.sum()
    excess = weight @ (share - mean) ** 2 - (used.sum() - 1)
    true = max(excess / (weight.sum() - weight @ weight / weight.sum()), 0.0)
    weight = np.where(used, 1 / (error + true), 0)
    mean = (weight @ share) / weight.sum()
    own = true / (true + error)
    return mean + own * (share - mean), own * error + (1 - own) ** 2 / weight.sum()
