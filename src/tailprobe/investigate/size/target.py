"""How many training images a class needs for a wanted recall at a wanted precision."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from tailprobe.investigate.size.curve import LearningCurve

REACH = 64  # times the images there are; further no curve is trusted


@dataclass(frozen=True)
class Target:
    """A recall of `recall` at a precision of `precision`: the precision at that recall is at least so high."""

    recall: float = 0.8
    precision: float = 0.7


@dataclass(frozen=True)
class ImagesNeeded:
    """Training images at which a curve reaches a value; infinite beyond `REACH` times the images there are."""

    median: float
    low: float  # of the 90% interval
    high: float
    reached: float  # probability that it is reached now
    ever: float  # probability that it is reached within `REACH` times


def images_needed(curve: LearningCurve, wanted: float) -> ImagesNeeded:
    """Return how many images the curve needs to reach a score."""
    numbers = np.unique(np.round(np.geomspace(1, REACH * curve.images, 400)))
    scores = curve.at(numbers)
    first = np.where((scores >= wanted).any(axis=1), numbers[np.argmax(scores >= wanted, axis=1)], np.inf)
    low, median, high = _quantiles(first, (0.05, 0.5, 0.95))
    return ImagesNeeded(median, low, high, float((first <= curve.images).mean()), float(np.isfinite(first).mean()))


def _quantiles(values: Float[np.ndarray, " D"], shares: tuple[float, ...]) -> list[float]:
    """Return quantiles of values of which some may be infinite, without interpolation."""
    ordered = np.sort(values)
    return [float(ordered[min(int(share * len(ordered)), len(ordered) - 1)]) for share in shares]
