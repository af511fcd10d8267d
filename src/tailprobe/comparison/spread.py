"""How far a mean over seeds may lie from the truth: the spread of the seeds and that of the images, kept apart.

The truth is what the mean would come to over new collections of the same size from the same population, new splits, new
initialisations and new row orders. S seeds give S numbers d_s, such as paired differences; their variance s^2 holds
every source of spread once, but they are not independent: test parts share images. So

    Var(mean) = s^2 / S + cov,    cov = mean over pairs s != t of  sum over shared images i of  u_is u_it

with u_is the influence of image i on d_s (`influence.py`). Where what the images say changes with the seed, as in a
comparison of two equal methods, cov is near 0 and the plain paired t-test holds; where they say the same each time, it
grows to the share of images that two test parts share, which is the Nadeau-Bengio correction.

Source:
    Nadeau and Bengio, Inference for the generalization error, Machine Learning 2003, for the need and the form;
    Cameron, Gelbach and Miller, Robust inference with multiway clustering, JBES 2011, for two crossed sources of
    spread. Estimating the covariance from influences is ours. What it leaves out: training parts overlap too
    (docs/statistics.md).
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from tailprobe.scores.ratio import ratio


@dataclass(frozen=True, eq=False)
class Spread:
    """Estimates of K numbers (classes and groups) from S seeds."""

    mean: Float[np.ndarray, "*K"]  # over the seeds where it is defined
    seeds: Int[np.ndarray, "*K"]  # how many those are
    seed_variance: Float[np.ndarray, "*K"]  # s^2, n - 1; NaN below two seeds
    image_variance: Float[np.ndarray, "*K"]  # of one seed's number over new test parts, its head given
    covariance: Float[np.ndarray, "*K"]  # between two seeds, by the images they share; may be below 0, NaN for one seed
    covariance_variance: Float[np.ndarray, "*K"]  # the square of its standard error
    by_seed: Float[np.ndarray, "..."]  # the numbers, NaN where undefined: (S, K), or (M, S, K) of stacked methods


class SpreadSum:
    """Adds up one seed after the other, so that the influences of one seed at a time are held.

    >>> total = SpreadSum(images=3, columns=1)
    >>> total.add(np.array([0.2]), np.array([0, 1]), np.array([[0.1], [-0.1]]))
    >>> total.add(np.array([0.4]), np.array([1, 2]), np.array([[-0.1], [0.1]]))
    >>> spread = total.spread()
    >>> spread.mean.round(6), spread.seed_variance.round(6), spread.covariance.round(6)
    (array([0.3]), array([0.02]), array([0.01]))
    """

    def __init__(self, *, images: int, columns: int) -> None:
        self._sum = np.zeros((images, columns))
        self._squares = np.zeros((images, columns))
        self._values: list[Float[np.ndarray, " K"]] = []

    def add(
        self, value: Float[np.ndarray, " K"], rows: Int[np.ndarray, " T"], weight: Float[np.ndarray, "T K"]
    ) -> None:
        """Add a seed: its numbers, NaN where undefined, the images of its test part and their influences."""
        weight = np.where(np.isnan(value), 0.0, weight)
        self._values.append(value)
        self._sum[rows] += weight
        self._squares[rows] += weight**2

    def spread(self) -> Spread:
        """Return the spread of the seeds added."""
        values = np.stack(self._values)
        mean, seeds, seed_variance = moments(values)
        pairs = (seeds * (seeds - 1)).astype(np.float64)
        shared = self._sum**2 - self._squares  # of each image, over the pairs of seeds that tested it
        return Spread(
            mean=mean,
            seeds=seeds,
            seed_variance=seed_variance,
            image_variance=ratio(self._squares.sum(axis=0), seeds),
            covariance=ratio(shared.sum(axis=0), pairs),
            covariance_variance=ratio((shared**2).sum(axis=0), pairs**2),
            by_seed=values,
        )


def spread_without_images(values: Float[np.ndarray, "S K"], *, test_share: float) -> Spread:
    """Estimate the spread from the seeds' numbers alone, taking the Nadeau-Bengio correction for the shared images.

    cov = s^2 t / (1 - t), so that Var(mean) = s^2 (1/S + t / (1 - t)): test over training images.

    Args:
        test_share: t, the share of the collection in a test part.

    Source:
        Nadeau and Bengio, Machine Learning 2003, equation 9.
    """
    mean, seeds, seed_variance = moments(values)
    nothing = np.zeros(values.shape[1])
    # cov is as uncertain as s^2: the variance of the whole is that of one multiple of s^2, not of two parts.
    inflation = 1 + seeds * test_share / (1 - test_share)
    return Spread(mean, seeds, seed_variance * inflation, np.full_like(mean, np.nan), nothing, nothing, values)


def stack_spreads(spreads: Iterable[Spread]) -> Spread:
    """Stack the spreads of M methods into arrays of (M, K)."""
    listed = list(spreads)
    return Spread(
        mean=np.stack([s.mean for s in listed]),
        seeds=np.stack([s.seeds for s in listed]),
        seed_variance=np.stack([s.seed_variance for s in listed]),
        image_variance=np.stack([s.image_variance for s in listed]),
        covariance=np.stack([s.covariance for s in listed]),
        covariance_variance=np.stack([s.covariance_variance for s in listed]),
        by_seed=np.stack([s.by_seed for s in listed]),
    )


def leverage(labels: Bool[np.ndarray, "N C"]) -> Float[np.ndarray, "N C"]:
    """Return what the influence of each image is multiplied by: n / (n - 1), n the positives or negatives it is one of.

    With few positives the derivative says too little of what leaving one out does; with this the squares add up to
    about the delete-one jackknife's variance, in the mean not too small (Efron and Stein, Annals of Statistics 1981).
    """
    positives = labels.sum(axis=0)
    negatives = len(labels) - positives
    return np.where(labels, positives / np.maximum(positives - 1, 1), negatives / np.maximum(negatives - 1, 1))


def moments(
    values: Float[np.ndarray, "S K"],
) -> tuple[Float[np.ndarray, " K"], Int[np.ndarray, " K"], Float[np.ndarray, " K"]]:
    """Return mean, number and variance (n - 1) of the values that are not NaN, column by column."""
    defined = ~np.isnan(values)
    many = defined.sum(axis=0)
    mean = ratio(np.where(defined, values, 0).sum(axis=0), many)
    squares = np.where(defined, (values - mean) ** 2, 0).sum(axis=0)
    return mean, many, ratio(squares, many - 1)
