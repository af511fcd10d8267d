"""HeadMetric, a measure of all classes together, and the registry of such metrics.

As a `Metric`, it is one file in `metrics/` or in an installed package that registers it. Its value stands in the
results table under the group `all`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from tailprobe.registry import Registry
from tailprobe.scores.sample import Sample


@dataclass(frozen=True)
class HeadMetric:
    """A measure of how good a head is, with one value for all classes, which is not the mean of one value a class.

    Methods are not compared in it: a comparison asks what happens to the low-frequency classes and to the others.

    >>> images = HeadMetric("images", "number of images", lambda sample: float(len(sample.labels)))
    >>> import numpy as np
    >>> images.value(Sample(np.array([[True], [False]]), np.array([[0.9], [0.1]])))
    2.0
    """

    name: str  # in tables
    title: str  # as in a sentence or on an axis
    value: Callable[[Sample], float]  # NaN where it is undefined; leaves out labels that are not known
    of: Literal["scores", "decisions"] = "scores"  # of decisions: in tables its name is followed by @ and a rule
    better: Literal["higher", "lower"] = "higher"
    single_label: bool = False  # of images with exactly one class only


HEAD_METRICS: Registry[HeadMetric] = Registry("metric of all classes")


def register_head_metric(metric: HeadMetric) -> HeadMetric:
    """Register a metric of all classes under its name and return it.

    Raises:
        ValueError: the name is empty or taken.
    """
    return HEAD_METRICS.add(metric.name, metric)
