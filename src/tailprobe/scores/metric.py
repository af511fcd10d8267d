"""Metric, and the registry of metrics.

A metric is one file, in `metrics/` or in an installed package, that registers it here. It is then in the results table,
methods can be compared by it (if it has an influence function), and the page draws it under its title.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float

from tailprobe.errors import InputError
from tailprobe.registry import Registry, did_you_mean, import_installed, import_members
from tailprobe.scores.decisions import CellRatio
from tailprobe.scores.head_metric import HEAD_METRICS, HeadMetric
from tailprobe.scores.sample import Sample

__all__ = [  # what a metric's file needs, and what others ask of metrics
    "METRICS",
    "Influence",
    "Metric",
    "Sample",
    "all_head_metrics",
    "all_metrics",
    "check_by_class",
    "comparable_names",
    "default_margin",
    "find_head_metric",
    "find_metric",
    "lower_is_better",
    "measure",
    "metric_title",
    "metric_to_compare",
    "register",
]


@dataclass(frozen=True)
class Metric:
    """A measure of how good a head is, with one value a class; `HeadMetric` has one value for all classes.

    `value` gives it for a sample, (C,) float64, NaN if it is undefined. `influence` gives its derivative by each
    image's weight, (N, C) float64, for the sample and the values; `comparison.influence` says what it is used for. A
    metric without one is reported and drawn, and methods cannot be tested by it.

    >>> share = Metric("share", "share predicted", lambda s: s.decisions.mean(axis=0), of="decisions")
    >>> share.of_sample(Sample(np.array([[True], [False]]), np.array([[0.9], [0.1]]), np.array([0.5]))).tolist()
    [0.5]
    """

    name: str  # in tables and settings
    title: str  # as in a sentence or on an axis
    value: Callable[[Sample], Float[np.ndarray, " C"]]
    influence: Callable[[Sample, Float[np.ndarray, " C"]], Float[np.ndarray, "N C"]] | None = None
    of: Literal["scores", "decisions"] = "scores"  # of decisions: in tables its name is followed by @ and a rule
    better: Literal["higher", "lower"] = "higher"
    range: tuple[float, float] = (0.0, 1.0)
    drawn: bool = True  # whether the page offers it
    ratios: tuple[CellRatio, ...] = ()  # of decisions: the ratios of confusion counts whose mean it is
    margin: float = 0.02  # smaller differences do not matter in practice; a convention, which a study can change

    def of_sample(self, sample: Sample) -> Float[np.ndarray, " C"]:
        """Return (C,) float64, the value of each class over the images whose label is known.

        NaN also where a metric of decisions has no threshold, and for a class without a known label.

        Raises:
            InputError: a metric of decisions and a sample without thresholds, or as the metric.
        """
        if sample.known is not None:
            return np.array([self.of_sample(one)[0] if len(rows) else np.nan for rows, one in sample.by_class])
        values = self.value(sample)
        return np.where(np.isnan(sample.thresholds), np.nan, values) if self.of == "decisions" else values


class Influence(NamedTuple):
    """A metric's values for C classes, and each image's influence on them."""

    value: Float[np.ndarray, " C"]  # NaN where undefined
    influence: Float[np.ndarray, "N C"]  # derivative by the image's weight; 0 throughout where the value is NaN


METRICS: Registry[Metric] = Registry("metric")
ENTRY_POINTS = "tailprobe.metrics"  # of installed packages, each naming a module that registers metrics


def register(metric: Metric) -> Metric:
    """Register a metric under its name and return it.

    Raises:
        ValueError: the name is empty or taken.
    """
    return METRICS.add(metric.name, metric)


def all_metrics() -> tuple[Metric, ...]:
    """Return every metric, those of scores before those of decisions, each sorted by name."""
    _load()
    listed = [METRICS.get(name) for name in METRICS.names()]
    return tuple(sorted(listed, key=lambda metric: metric.of == "decisions"))


def all_head_metrics() -> tuple[HeadMetric, ...]:
    """Return every metric of all classes together, those of scores before those of decisions, each sorted by name."""
    _load()
    listed = [HEAD_METRICS.get(name) for name in HEAD_METRICS.names()]
    return tuple(sorted(listed, key=lambda metric: metric.of == "decisions"))


def find_head_metric(name: str) -> HeadMetric | None:
    """Return the metric of all classes with a name as in tables; None where there is none."""
    _load()
    plain = name.partition("@")[0]
    return HEAD_METRICS.get(plain) if plain in HEAD_METRICS.names() else None


def find_metric(name: str) -> Metric | None:
    """Return the metric with a name as in tables, `f1@tuned` as well as `f1`; None if there is none."""
    _load()
    plain = name.partition("@")[0]
    return METRICS.get(plain) if plain in METRICS.names() else None


def metric_to_compare(name: str) -> Metric:
    """Return the metric with a name, for a comparison of methods.

    Raises:
        InputError: there is none, it has no influence function or one value for all classes, or a threshold rule is
            missing or superfluous.
    """
    check_by_class(name)
    metric, rule = find_metric(name), name.partition("@")[2]
    if metric is None or metric.influence is None or (metric.of == "decisions") != bool(rule):
        near = did_you_mean(name, comparable_names())
        raise InputError(
            f"metric {name!r} cannot be compared{near} Choose among {', '.join(comparable_names())}"
            if near
            else f"metric {name!r} cannot be compared; choose among {', '.join(comparable_names())}"
        )
    return metric


def check_by_class(name: str) -> None:
    """Refuse to compare methods in a metric of all classes together.

    Raises:
        InputError: it is one; the message says why and what to do.
    """
    if find_head_metric(name) is not None:
        raise InputError(
            f"metric {name!r} is one value for all classes, so it cannot answer what a method does to the "
            "low-frequency classes and to the others, which is what a comparison tests; it is reported beside the "
            f"primary metric. Choose among {', '.join(comparable_names())}"
        )


def comparable_names() -> tuple[str, ...]:
    """Return the names of the metrics that methods can be compared by; `...` is a threshold rule."""
    return tuple(
        f"{metric.name}@..." if metric.of == "decisions" else metric.name
        for metric in all_metrics()
        if metric.influence is not None
    )


def lower_is_better(name: str) -> bool:
    """Return whether lower values are better, for a name as in tables; False for an unknown one."""
    metric = find_metric(name) or find_head_metric(name)
    return metric is not None and metric.better == "lower"


def default_margin(name: str) -> float:
    """Return the margin of a metric, for a name as in tables: smaller differences do not matter in practice.

    >>> default_margin("average_precision"), default_margin("recall@0.5")
    (0.02, 0.02)
    """
    metric = find_metric(name)
    return Metric.margin if metric is None else metric.margin


def metric_title(name: str) -> str:
    """Return what a metric is called in sentences and figures.

    >>> metric_title("average_precision"), metric_title("f1@tuned"), metric_title("recall@0.5")
    ('average precision', 'F1 (tuned threshold)', 'recall at 0.5')
    >>> metric_title("recall@authors")
    "recall at the authors' thresholds"
    """
    metric, (plain, _, rule) = find_metric(name) or find_head_metric(name), name.partition("@")
    title = plain.replace("_", " ") if metric is None else metric.title
    where = {"": "", "tuned": " (tuned threshold)", "authors": " at the authors' thresholds"}
    return title + where.get(rule, f" at {rule}")


def measure(metric: Metric, sample: Sample) -> Influence:
    """Return a metric's values and influences; an influence is 0 where the value is undefined or the label unknown.

    Raises:
        InputError: the metric has no influence function.
    """
    if metric.influence is None:
        raise InputError(f"metric {metric.name!r} has no influence function, so methods cannot be compared by it")
    if sample.known is not None:
        return _measure_known(metric, sample)
    values = metric.of_sample(sample)
    influence = metric.influence(sample, values)
    return Influence(values, np.where(np.isnan(values), 0, influence))


def _measure_known(metric: Metric, sample: Sample) -> Influence:
    values, influence = np.full(sample.labels.shape[1], np.nan), np.zeros(sample.labels.shape)
    for c, (rows, one) in enumerate(sample.by_class):
        if len(rows):
            of_class = measure(metric, one)
            values[c], influence[rows, c] = of_class.value[0], of_class.influence[:, 0]
    return Influence(values, influence)


def _load() -> None:
    import tailprobe.scores.metrics  # its modules import this one

    import_members(tailprobe.scores.metrics)
    import_installed(ENTRY_POINTS, "metric")
