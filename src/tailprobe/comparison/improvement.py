"""Methods over data sets and seeds: how probable an improvement is, and how often each value is reached.

The intervals resample the seeds of each data set on their own (stratified bootstrap): data sets are fixed, seeds drawn.
rliable has the same; it is not used here because its dependency arch fails to import beside pandas 3.

Source:
    Agarwal et al., Deep reinforcement learning at the edge of the statistical precipice, NeurIPS 2021, section 4 (after
    Dolan and Moré, Mathematical Programming 2002, for the profiles).
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from tailprobe.errors import InputError


class Interval(NamedTuple):
    """An estimate and its 95% percentile interval, each of one shape."""

    value: Float[np.ndarray, "*shape"]
    low: Float[np.ndarray, "*shape"]
    high: Float[np.ndarray, "*shape"]


def probability_of_improvement(
    method: Float[np.ndarray, "S B"],
    other: Float[np.ndarray, "Z Q"],
    *,
    rng: np.random.Generator,
    resamples: int = 2000,
) -> Interval:
    """Return how probable it is that a run of the method beats a run of the other on a data set drawn at random.

    P = mean over data sets of P(x > y) + P(x = y) / 2, x and y runs on it (Mann-Whitney's U over the pairs).

    Args:
        method, other: values, higher is better, of S and Z seeds on B data sets.

    Raises:
        InputError: they differ in data sets, or a value is missing.

    >>> method, other = np.array([[2.0], [3.0]]), np.array([[1.0], [2.0]])
    >>> float(probability_of_improvement(method, other, rng=np.random.default_rng(0)).value)
    0.875
    """
    if method.shape[1] != other.shape[1]:
        raise InputError(f"values on {method.shape[1]} and {other.shape[1]} data sets; expected the same ones")
    _check(method)
    _check(other)

    def measure(x: Float[np.ndarray, "S B"], y: Float[np.ndarray, "Z B"]) -> Float[np.ndarray, ""]:
        return np.asarray((np.sign(x[:, None] - y[None]).mean(axis=(0, 1)) / 2 + 0.5).mean())

    draws = [measure(_resample(method, rng), _resample(other, rng)) for _ in range(resamples)]
    return Interval(measure(method, other), *_ends(np.stack(draws)))


def performance_profile(
    values: Float[np.ndarray, "S B"],
    at: Float[np.ndarray, " T"],
    *,
    rng: np.random.Generator,
    resamples: int = 2000,
) -> Interval:
    """Return the share of runs, over seeds and data sets, whose value is above each of T thresholds.

    Raises:
        InputError: a value is missing.

    >>> values, rng = np.array([[0.2, 0.9], [0.4, 0.7]]), np.random.default_rng(0)
    >>> performance_profile(values, np.array([0.3, 0.8]), rng=rng).value.tolist()
    [0.75, 0.25]
    """
    _check(values)

    def measure(x: Float[np.ndarray, "S B"]) -> Float[np.ndarray, " T"]:
        return np.asarray((x[..., None] > at).mean(axis=(0, 1)))

    draws = [measure(_resample(values, rng)) for _ in range(resamples)]
    return Interval(measure(values), *_ends(np.stack(draws)))


def _resample(values: Float[np.ndarray, "S B"], rng: np.random.Generator) -> Float[np.ndarray, "S B"]:
    """Draw the seeds of each data set anew, with replacement."""
    return np.take_along_axis(values, rng.integers(0, len(values), values.shape), axis=0)


def _ends(draws: Float[np.ndarray, " R *rest"]) -> tuple[Float[np.ndarray, "*rest"], Float[np.ndarray, "*rest"]]:
    low, high = np.quantile(draws, [0.025, 0.975], axis=0)
    return np.asarray(low), np.asarray(high)


def _check(values: Float[np.ndarray, "S B"]) -> None:
    if np.isnan(values).any() or not values.size:
        raise InputError("expected a value for every seed and data set; leave out data sets that lack some")
