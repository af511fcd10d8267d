"""The joint distribution of many differences over the same seeds and images: their covariance and correlation.

With d_sj the difference j under seed s and u_sij the influence of image i on it (`influence`),

    Cov(mean_j, mean_k) = Cov_seeds(d_j, d_k) / S + C_jk
    C_jk = [sum_i U_ij U_ik - sum_s sum_i u_sij u_sik] / (S (S - 1)),   U_ij = sum_s u_sij

the covariance form of `variance`. For a family of tests only its correlation is used: each member's own standard error
comes from the shrunk variances (`inference`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from scipy.linalg import block_diag

from tailprobe.comparison.variance import VarianceComponents, effective_number
from tailprobe.scores.ratio import defined_moments, ratio

MIN_SEEDS = 5  # fewer say too little of a correlation
_SHRINKAGE = 0.1  # towards independence: of P members' correlations S - 1 are free, and independence is the wider test
_MIN_EIGENVALUE = 1e-6


@dataclass(frozen=True, eq=False)
class JointSample:
    """P numbers over S seeds, with the influence of every tested image on each.

    `units` says which image, or group of images, each of the R influences is of, seed after seed; a unit is there once
    for every seed that tested it. R is 0 where influences are not known.
    """

    values: Float[np.ndarray, "S P"]
    influence: Float[np.ndarray, "P R"]
    units: Int[np.ndarray, " R"]

    def select(self, columns: Int[np.ndarray, " Q"]) -> "JointSample":
        """Return some of the numbers."""
        return JointSample(self.values[:, columns], self.influence[columns], self.units)

    def combine(self, weights: Float[np.ndarray, "Q P"]) -> "JointSample":
        """Return Q weighted sums of the numbers."""
        return JointSample(self.values @ weights.T, weights @ self.influence, self.units)

    def is_paired_with(self, other: "JointSample") -> bool:
        """Return whether both have the same seeds and images."""
        return len(self.values) == len(other.values) and np.array_equal(self.units, other.units)


def beside(samples: Sequence[JointSample]) -> JointSample:
    """Return the numbers of samples that are of the same seeds and images."""
    values = np.concatenate([sample.values for sample in samples], axis=1)
    return JointSample(values, np.concatenate([sample.influence for sample in samples]), samples[0].units)


def without_influences(values: Float[np.ndarray, "S P"]) -> JointSample:
    """Return numbers whose images' influences are not known."""
    return JointSample(values, np.zeros((values.shape[1], 0)), np.zeros(0, dtype=np.int64))


def components_of(sample: JointSample) -> VarianceComponents:
    """Return the variance components of each number separately, as `variance.VarianceAccumulator` gives them."""
    mean, seeds, seed_variance = defined_moments(sample.values)
    pairs = (seeds * (seeds - 1)).astype(np.float64)
    squares = np.stack([np.bincount(sample.units, weights=u**2) for u in sample.influence])
    total = np.stack([np.bincount(sample.units, weights=u) for u in sample.influence]).astype(
        np.float64
    )  # of none: int
    shared = total**2 - squares
    return VarianceComponents(
        mean=mean,
        seeds=seeds,
        seed_variance=seed_variance,
        test_sampling_variance=ratio(squares.sum(axis=1), seeds),
        covariance=ratio(shared.sum(axis=1), pairs),
        covariance_variance=ratio((shared**2).sum(axis=1), pairs**2),
        effective_images=effective_number(total.T),
        per_seed=sample.values,
    )


def seeds_covariance(values: Float[np.ndarray, "S P"]) -> Float[np.ndarray, "P P"]:
    """Return the covariance of the means over seeds that differ by chance: Cov_seeds / S."""
    covariance: Float[np.ndarray, "P P"] = np.atleast_2d(np.cov(values, rowvar=False)) / len(values)
    return covariance


def images_covariance(sample: JointSample) -> Float[np.ndarray, "P P"]:
    """Return the covariance of the means by the images that the seeds' test parts share, C."""
    seeds, members = sample.values.shape
    if not len(sample.units):
        return np.zeros((members, members))
    total = np.stack([np.bincount(sample.units, weights=u) for u in sample.influence]).astype(
        np.float64
    )  # of none: int
    covariance: Float[np.ndarray, "P P"] = total @ total.T - sample.influence @ sample.influence.T
    return covariance / (seeds * (seeds - 1))


def shrunk_correlation(
    of_seeds: Float[np.ndarray, "P P"], of_images: Float[np.ndarray, "P P"]
) -> Float[np.ndarray, "P P"]:
    """Return the correlation of the sum of both parts, shrunk towards independence and positive definite.

    As in `inference`, no variance is less than its seeds' part: the images' part is an estimate that may be below 0.
    A number of no variance is independent of all others.
    """
    variance = of_seeds + of_images
    deviation = np.sqrt(np.maximum(np.diag(variance), np.diag(of_seeds)))
    correlation = np.clip(np.nan_to_num(ratio(variance, np.outer(deviation, deviation))), -1, 1)
    np.fill_diagonal(correlation, 1)
    correlation = (1 - _SHRINKAGE) * correlation + _SHRINKAGE * np.eye(len(correlation))
    eigenvalues, vectors = np.linalg.eigh(correlation)
    positive = (vectors * np.maximum(eigenvalues, _MIN_EIGENVALUE)) @ vectors.T
    deviation = np.sqrt(np.diag(positive))
    return np.asarray(positive / np.outer(deviation, deviation))


def joint_correlation(samples: Sequence[JointSample]) -> Float[np.ndarray, "P P"] | None:
    """Return the correlation of the means of all samples' numbers, in their order; None below five seeds.

    Samples of other seeds or images than the first one's, as of encoders that were tested on different images, are
    taken to be independent of it.
    """
    blocks: list[JointSample] = []
    for sample in samples:
        if blocks and blocks[-1].is_paired_with(sample):
            blocks[-1] = beside([blocks[-1], sample])
        else:
            blocks.append(sample)
    found = [_block_correlation(block) for block in blocks]
    known = [block for block in found if block is not None]
    return np.asarray(block_diag(*known)) if known and len(known) == len(found) else None


def _block_correlation(sample: JointSample) -> Float[np.ndarray, "P P"] | None:
    defined = sample.values[~np.isnan(sample.values).any(axis=1)]
    if len(defined) < MIN_SEEDS:
        return None
    return shrunk_correlation(seeds_covariance(defined), images_covariance(sample))
