"""The worst class's recall and the harmonic mean of recalls: one class that is never found shows in both.

Their plain mean, the recall of a group of classes, hides a class that is never found behind those that always are.
"""

import numpy as np
from jaxtyping import Float

from tailprobe.scores.decisions import RECALL, Confusion
from tailprobe.scores.head_metric import HeadMetric, register_head_metric
from tailprobe.scores.metrics.argmax_recall import argmax_recall
from tailprobe.scores.sample import Sample


def worst(recalls: Float[np.ndarray, " C"]) -> float:
    """Return the lowest of the recalls that are defined; NaN where none is.

    >>> worst(np.array([0.9, 0.2, np.nan]))
    0.2
    """
    defined = recalls[~np.isnan(recalls)]
    return float(defined.min()) if len(defined) else float("nan")


def harmonic_mean(recalls: Float[np.ndarray, " C"]) -> float:
    """Return the harmonic mean of the recalls that are defined: 0 where one of them is 0, NaN where none is defined.

    >>> round(harmonic_mean(np.array([0.9, 0.1, np.nan])), 3)
    0.18

    Source:
        Du and Wu, No one left behind, CVPR 2023, for long-tailed classes.
    """
    defined = recalls[~np.isnan(recalls)]
    if not len(defined):
        return float("nan")
    return float(len(defined) / (1 / defined).sum()) if (defined > 0).all() else 0.0


def _decided(sample: Sample) -> Float[np.ndarray, " C"]:
    """Return the recall of each class; a class without a threshold is never predicted, so it has none."""
    found = RECALL.value(Confusion.count(sample.labels, sample.decisions, sample.known))
    return np.where(np.isnan(sample.thresholds), np.nan, found)


def _highest(sample: Sample) -> Float[np.ndarray, " C"]:
    return argmax_recall(sample.where_known(sample.labels), sample.scores)


register_head_metric(
    HeadMetric("worst_recall", "recall of the worst class", lambda sample: worst(_decided(sample)), of="decisions")
)
register_head_metric(
    HeadMetric(
        "harmonic_recall",
        "harmonic mean of the classes' recalls",
        lambda sample: harmonic_mean(_decided(sample)),
        of="decisions",
    )
)
register_head_metric(
    HeadMetric(
        "worst_argmax_recall",
        "recall of the worst class by the highest score",
        lambda sample: worst(_highest(sample)),
        single_label=True,
    )
)
register_head_metric(
    HeadMetric(
        "harmonic_argmax_recall",
        "harmonic mean of the classes' recalls by the highest score",
        lambda sample: harmonic_mean(_highest(sample)),
        single_label=True,
    )
)
