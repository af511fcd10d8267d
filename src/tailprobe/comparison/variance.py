"""Variance components of a mean over seeds: between seeds, and from the sampling of test images.

The estimand is the mean over new collections of the same size from the same population, new splits, new initialisations
and new row orders. S seeds give S numbers d_s, such as paired differences; their variance s^2 holds every source of
variance once, but they are not independent: test parts share images. So

    Var(mean) = s^2 / S + cov,    cov = mean over pairs s != t of  sum over shared images i of  u_is u_it

with u_is the influence of image i on d_s (`influence`). Where an image's influence changes with the seed, as in a
comparison of two equal methods, cov is near 0 and the plain paired t-test holds; if it is the same under every seed,
it grows to the share of images that two test parts share, which is the Nadeau-Bengio correction.

Source:
    Nadeau and Bengio, Inference for the generalization error, Machine Learning 2003, for the need and the form;
    Cameron, Gelbach and Miller, Robust inference with multiway clustering, JBES 2011, for two crossed sources of
    variance. Estimating the covariance from influences is ours. What it leaves out: training parts overlap too
    (docs/statistics.md).
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from tailprobe.scores.ratio import defined_moments, ratio


@dataclass(frozen=True, eq=False)
class VarianceComponents:
    """Estimates of K means (classes and groups) over S seeds, and the parts of their variance."""

    mean: Float[np.ndarray, "*K"]  # over the seeds where it is defined
    seeds: Int[np.ndarray, "*K"]  # how many those are
    seed_variance: Float[np.ndarray, "*K"]  # s^2, n - 1; NaN below two seeds
    test_sampling_variance: Float[np.ndarray, "*K"]  # of one seed's number over new test parts, its head given
    covariance: Float[np.ndarray, "*K"]  # between two seeds, by shared test images; may be below 0, NaN for one seed
    covariance_variance: Float[np.ndarray, "*K"]  # the square of its standard error
    effective_images: Float[np.ndarray, "*K"]  # how many carry it (`effective_number`); infinite where not known
    per_seed: Float[np.ndarray, "..."]  # the numbers, NaN where undefined: (S, K), or (M, S, K) of stacked methods


class VarianceAccumulator:
    """Adds up one seed after the other, so that the influences of one seed at a time are held.

    >>> total = VarianceAccumulator(images=3, columns=1)
    >>> total.add(np.array([0.2]), np.array([0, 1]), np.array([[0.1], [-0.1]]))
    >>> total.add(np.array([0.4]), np.array([1, 2]), np.array([[-0.1], [0.1]]))
    >>> found = total.components()
    >>> found.mean.round(6), found.seed_variance.round(6), found.covariance.round(6)
    (array([0.3]), array([0.02]), array([0.01]))
    """

    def __init__(self, *, images: int, columns: int) -> None:
        self._sum = np.zeros((images, columns))
        self._squares = np.zeros((images, columns))
        self._values: list[Float[np.ndarray, " K"]] = []

    def add(
        self, value: Float[np.ndarray, " K"], rows: Int[np.ndarray, " T"], influence: Float[np.ndarray, "T K"]
    ) -> None:
        """Add a seed: its numbers, NaN where undefined, the images of its test part and their influences."""
        influence = np.where(np.isnan(value), 0.0, influence)
        self._values.append(value)
        self._sum[rows] += influence
        self._squares[rows] += influence**2

    def components(self) -> VarianceComponents:
        """Return the variance components over the seeds added."""
        values = np.stack(self._values)
        mean, seeds, seed_variance = defined_moments(values)
        pairs = (seeds * (seeds - 1)).astype(np.float64)
        shared = self._sum**2 - self._squares  # of each image, over the pairs of seeds that tested it
        return VarianceComponents(
            mean=mean,
            seeds=seeds,
            seed_variance=seed_variance,
            test_sampling_variance=ratio(self._squares.sum(axis=0), seeds),
            covariance=ratio(shared.sum(axis=0), pairs),
            covariance_variance=ratio((shared**2).sum(axis=0), pairs**2),
            effective_images=effective_number(self._sum),
            per_seed=values,
        )


def nadeau_bengio(values: Float[np.ndarray, "S K"], *, test_share: float) -> VarianceComponents:
    """Estimate the variance from the seeds' values only, with the Nadeau-Bengio correction for shared test images.

    cov = s^2 t / (1 - t), so that Var(mean) = s^2 (1/S + t / (1 - t)): test over training images.

    Args:
        test_share: t, the share of the collection in a test part.

    Source:
        Nadeau and Bengio, Machine Learning 2003, equation 9.
    """
    mean, seeds, seed_variance = defined_moments(values)
    zero = np.zeros(values.shape[1])
    # cov is as uncertain as s^2: the variance of the whole is that of one multiple of s^2, not of two parts.
    inflation = 1 + seeds * test_share / (1 - test_share)
    nowhere, unknown = np.full_like(mean, np.nan), np.full_like(mean, np.inf)
    return VarianceComponents(mean, seeds, seed_variance * inflation, nowhere, zero, zero, unknown, values)


def effective_number(influence: Float[np.ndarray, "N K"]) -> Float[np.ndarray, " K"]:
    """Return how many of N images carry each number: n where n of them have equal influences and the others none.

    (sum u^2)^2 / sum u^4, infinite if no image has any influence. The sum of squares of few, unequal influences is
    itself uncertain: over collections of N images its relative variance is about 1 / n - 1 / N.

    Source:
        Kish, Survey Sampling, 1965, 11.7, of the squares.

    >>> effective_number(np.array([[0.1], [-0.1], [0.0], [0.1]])).round(6)
    array([3.])
    """
    largest = np.abs(influence).max(axis=0, initial=0.0)
    squares = np.divide(influence, largest, out=np.zeros(influence.shape), where=largest > 0) ** 2  # no underflow
    return np.divide(
        squares.sum(axis=0) ** 2, (squares**2).sum(axis=0), out=np.full(influence.shape[1], np.inf),
        where=squares.any(axis=0),
    )  # fmt: skip


def stack(components: Iterable[VarianceComponents]) -> VarianceComponents:
    """Stack the components of M methods into arrays of (M, K)."""
    listed = list(components)
    return VarianceComponents(
        mean=np.stack([c.mean for c in listed]),
        seeds=np.stack([c.seeds for c in listed]),
        seed_variance=np.stack([c.seed_variance for c in listed]),
        test_sampling_variance=np.stack([c.test_sampling_variance for c in listed]),
        covariance=np.stack([c.covariance for c in listed]),
        covariance_variance=np.stack([c.covariance_variance for c in listed]),
        effective_images=np.stack([c.effective_images for c in listed]),
        per_seed=np.stack([c.per_seed for c in listed]),
    )
