"""Recall where each image is given the class of its highest score; the mean over all classes is balanced accuracy."""

import numpy as np
from jaxtyping import Bool, Float

from tailprobe.scores.metric import Metric, Sample, register
from tailprobe.scores.ratio import ratio, ratio_influence


def argmax_recall(labels: Bool[np.ndarray, "N C"], scores: Float[np.ndarray, "N C"]) -> Float[np.ndarray, " C"]:
    """Return the share of each class's images whose highest score is that class's; of m equal ones it counts 1 / m.

    Returns:
        (C,) float64, scikit-learn's `recall_score` of the argmax, whose mean is `balanced_accuracy_score`. NaN for a
        class without images, and throughout where images carry several classes or none: they have no single answer.

    >>> argmax_recall(np.eye(2, dtype=bool), np.array([[0.9, 0.1], [0.5, 0.5]]))
    array([1. , 0.5])
    """
    return ratio(_hits(labels, scores).sum(axis=0), labels.sum(axis=0))


def argmax_recall_influence(sample: Sample, value: Float[np.ndarray, " C"]) -> Float[np.ndarray, "N C"]:
    """Return (N, C) float64, each image's influence: a recall is a ratio of sums over the images."""
    return ratio_influence(_hits(sample.labels, sample.scores), sample.labels.astype(np.float64), value)


def _hits(labels: Bool[np.ndarray, "N C"], scores: Float[np.ndarray, "N C"]) -> Float[np.ndarray, "N C"]:
    """Return what each image counts as found; NaN throughout where images have no single class."""
    if labels.shape[1] < 2 or not (labels.sum(axis=1) == 1).all():
        return np.full(labels.shape, np.nan)
    highest = scores == scores.max(axis=1, keepdims=True)
    return np.asarray(labels * highest / highest.sum(axis=1, keepdims=True))


register(
    Metric(
        "argmax_recall",
        "recall by the highest score",
        lambda sample: argmax_recall(sample.labels, sample.scores),
        argmax_recall_influence,
        drawn=False,
    )
)
