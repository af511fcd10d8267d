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
from scipy.stats import trim_mean

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
        self, seeds: int, rng: np.random.Generator, resamples: int
    ) -> tuple[Int[np.ndarray, "R S B"], Float[np.ndarray, "R 1 B"]]:
        """Draw the seeds of each collection with replacement, and a shift of each block, R times.

        The shifts of one collection's blocks have one sign: whether its images were favourable.
        """
        _, place = np.unique(self.collection, return_inverse=True)
        collections = int(place.max()) + 1
        drawn = rng.integers(0, seeds, (resamples, seeds, collections))[..., place]
        return drawn, rng.standard_normal((resamples, 1, collections))[..., place] * self.error


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

    def measure(x: Float[np.ndarray, "*R S B"], y: Float[np.ndarray, "*R Z B"]) -> Float[np.ndarray, "*R"]:
        wins = [np.sign(x[..., seed : seed + 1, :] - y).mean(axis=(-2, -1)) for seed in range(x.shape[-2])]
        return np.asarray(np.mean(wins, axis=0) / 2 + 0.5)

    seeds, shift = shared.resample(len(method), rng, resamples)
    return Interval(measure(method, other), *_ends(measure(_taken(method, seeds) + shift, _taken(other, seeds))))


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

    def measure(x: Float[np.ndarray, "*R S B"]) -> Float[np.ndarray, "*R T"]:
        return np.stack([(x > threshold).mean(axis=(-2, -1)) for threshold in at], axis=-1)

    return _resampled(values, measure, shared, rng, resamples)


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


def _middle_half(values: Float[np.ndarray, "*R S B"]) -> Float[np.ndarray, "*R"]:
    runs = values.reshape(*values.shape[:-2], -1)
    return np.asarray(trim_mean(runs, 0.25, axis=-1))


def _resampled(
    values: Float[np.ndarray, "S B"],
    measure: Callable[[Float[np.ndarray, "*R S B"]], Float[np.ndarray, "*shape"]],
    shared: SharedImages | None,
    rng: np.random.Generator,
    resamples: int,
) -> Interval:
    _check(values)
    shared = shared or SharedImages.none(values.shape[1])
    seeds, shift = shared.resample(len(values), rng, resamples)
    return Interval(measure(values), *_ends(measure(_taken(values, seeds) + shift)))


def _taken(values: Float[np.ndarray, "S B"], seeds: Int[np.ndarray, "R S B"]) -> Float[np.ndarray, "R S B"]:
    return values[seeds, np.arange(values.shape[1])]


def _ends(draws: Float[np.ndarray, " R *rest"]) -> tuple[Float[np.ndarray, "*rest"], Float[np.ndarray, "*rest"]]:
    low, high = np.quantile(draws, [0.025, 0.975], axis=0)
    return np.asarray(low), np.asarray(high)


def _check(values: Float[np.ndarray, "S B"]) -> None:
    if np.isnan(values).any() or not values.size:
        raise InputError("expected a value for every seed and data set; leave out data sets that lack some")
