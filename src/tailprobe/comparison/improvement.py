"""Methods over data sets and seeds: how probable an improvement is, what runs reach, and the mean of their middle half.

Data sets are fixed, seeds drawn. The seeds of a data set are not independent draws: their test parts share images, and
so do the encoders of one collection. Each bootstrap resample therefore redraws the seeds of a collection, the same
for all of its encoders and for both methods, and adds what all seeds would have had in common with other images: a
normal shift with the standard error that shared images leave, however many seeds there are (`variance`).

rliable resamples runs as independent; it is not used here for that, and because its dependency arch fails to import
together with pandas 3.

Source:
    Agarwal et al., Deep reinforcement learning at the edge of the statistical precipice, NeurIPS 2021, section 4 (after
    Dolan and Moré, Mathematical Programming 2002, for the profiles). The shift is ours.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from tailprobe.errors import InputError


class Interval(NamedTuple):
    """An estimate and its 95% percentile interval, each of one shape."""

    value: Float[np.ndarray, "*shape"]
    low: Float[np.ndarray, "*shape"]
    high: Float[np.ndarray, "*shape"]


@dataclass(frozen=True, eq=False)
class SharedImages:
    """What the seeds of B blocks, each a collection under an encoder, have in common."""

    collection: Int[np.ndarray, " B"]  # equal numbers: of the same images
    error: Float[np.ndarray, " B"]  # standard error that no number of seeds lowers

    @classmethod
    def none(cls, blocks: int) -> "SharedImages":
        """Return that of independent seeds on independent collections."""
        return cls(np.arange(blocks), np.zeros(blocks))

    def resample(
        self, values: Float[np.ndarray, "S B"], rng: np.random.Generator
    ) -> tuple[Int[np.ndarray, "S B"], Float[np.ndarray, " B"]]:
        """Draw the seeds of each collection with replacement, and a shift of each block.

        The shifts of one collection's blocks have one sign: whether its images were favourable.
        """
        _, place = np.unique(self.collection, return_inverse=True)
        collections = int(place.max()) + 1
        seeds = rng.integers(0, len(values), (len(values), collections))[:, place]
        return seeds, rng.standard_normal(collections)[place] * self.error


def probability_of_improvement(
    method: Float[np.ndarray, "S B"],
    other: Float[np.ndarray, "Z Q"],
    *,
    rng: np.random.Generator,
    shared: SharedImages | None = None,
    resamples: int = 2000,
) -> Interval:
    """Return how probable it is that a run of the method beats a run of the other on a data set drawn at random.

    P = mean over data sets of P(x > y) + P(x = y) / 2, x and y runs on it (Mann-Whitney's U over the pairs).

    Args:
        method, other: values, higher is better, of the same S seeds on the same B data sets.
        shared: of their difference; by default seeds are independent.

    Raises:
        InputError: they differ in seeds or data sets, or a value is missing.

    >>> method, other = np.array([[2.0], [3.0]]), np.array([[1.0], [2.0]])
    >>> float(probability_of_improvement(method, other, rng=np.random.default_rng(0)).value)
    0.875
    """
    if method.shape != other.shape:
        raise InputError(f"values of {method.shape} and {other.shape} seeds and data sets; expected the same ones")
    _check(method)
    _check(other)
    shared = shared or SharedImages.none(method.shape[1])

    def measure(x: Float[np.ndarray, "S B"], y: Float[np.ndarray, "Z B"]) -> Float[np.ndarray, ""]:
        return np.asarray((np.sign(x[:, None] - y[None]).mean(axis=(0, 1)) / 2 + 0.5).mean())

    def draw() -> Float[np.ndarray, ""]:
        seeds, shift = shared.resample(method, rng)
        return measure(np.take_along_axis(method, seeds, 0) + shift, np.take_along_axis(other, seeds, 0))

    return Interval(measure(method, other), *_ends(np.stack([draw() for _ in range(resamples)])))


def performance_profile(
    values: Float[np.ndarray, "S B"],
    at: Float[np.ndarray, " T"],
    *,
    rng: np.random.Generator,
    shared: SharedImages | None = None,
    resamples: int = 2000,
) -> Interval:
    """Return the share of runs, over seeds and data sets, whose value is above each of T thresholds.

    Raises:
        InputError: a value is missing.

    >>> values, rng = np.array([[0.2, 0.9], [0.4, 0.7]]), np.random.default_rng(0)
    >>> performance_profile(values, np.array([0.3, 0.8]), rng=rng).value.tolist()
    [0.75, 0.25]
    """
    return _resampled(values, lambda x: np.asarray((x[..., None] > at).mean(axis=(0, 1))), shared, rng, resamples)


def interquartile_mean(
    values: Float[np.ndarray, "S B"],
    *,
    rng: np.random.Generator,
    shared: SharedImages | None = None,
    resamples: int = 2000,
) -> Interval:
    """Return the mean of the middle half of all runs, over seeds and data sets: no single data set decides it.

    Raises:
        InputError: a value is missing.

    >>> float(interquartile_mean(np.array([[0.0, 0.5], [0.6, 9.0]]), rng=np.random.default_rng(0)).value)
    0.55
    """
    return _resampled(values, _middle_half, shared, rng, resamples)


def _middle_half(values: Float[np.ndarray, "S B"]) -> Float[np.ndarray, ""]:
    # scipy.stats.trim_mean, without the checks that take most of its time on a thousand small arrays.
    ordered = np.sort(values, axis=None)
    cut = int(0.25 * len(ordered))
    return np.asarray(ordered[cut : len(ordered) - cut].mean())


def _resampled(
    values: Float[np.ndarray, "S B"],
    measure: Callable[[Float[np.ndarray, "S B"]], Float[np.ndarray, "*shape"]],
    shared: SharedImages | None,
    rng: np.random.Generator,
    resamples: int,
) -> Interval:
    _check(values)
    shared = shared or SharedImages.none(values.shape[1])

    def draw() -> Float[np.ndarray, "*shape"]:
        seeds, shift = shared.resample(values, rng)
        return measure(np.take_along_axis(values, seeds, 0) + shift)

    return Interval(measure(values), *_ends(np.stack([draw() for _ in range(resamples)])))


def _ends(draws: Float[np.ndarray, " R *rest"]) -> tuple[Float[np.ndarray, "*rest"], Float[np.ndarray, "*rest"]]:
    low, high = np.quantile(draws, [0.025, 0.975], axis=0)
    return np.asarray(low), np.asarray(high)


def _check(values: Float[np.ndarray, "S B"]) -> None:
    if np.isnan(values).any() or not values.size:
        raise InputError("expected a value for every seed and data set; leave out data sets that lack some")
