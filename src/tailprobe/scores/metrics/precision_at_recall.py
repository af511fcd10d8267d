"""The highest precision at a given recall."""

import numpy as np
from jaxtyping import Bool, Float

from tailprobe.errors import InputError
from tailprobe.ranking import RankedPositives, rank
from tailprobe.scores.metric import Metric, register

_RECALL = 0.8  # of `precision_at_recall_0.8`


def precision_at_recall(
    labels: Bool[np.ndarray, "N C"], scores: Float[np.ndarray, "N C"], *, recall: float
) -> Float[np.ndarray, " C"]:
    """Return the highest precision among the thresholds with a recall of at least `recall`.

    Args:
        labels: (N, C) bool.
        scores: (N, C), higher is more likely.
        recall: in (0, 1].

    Returns:
        (C,) float64, the highest precision of scikit-learn's `precision_recall_curve` where its recall is at least
        `recall`; NaN for a class without positives.

    Raises:
        InputError: `recall` is outside (0, 1], a score is not finite, or there are no images.

    >>> labels = np.array([[True], [False], [True], [False]])
    >>> precision_at_recall(labels, np.array([[0.9], [0.8], [0.7], [0.1]]), recall=0.9).round(3)
    array([0.667])
    """
    if not 0 < recall <= 1:
        raise InputError(f"recall = {recall}: expected above 0 and up to 1")
    return precision_at_recall_of(rank(labels, scores), recall)


def precision_at_recall_of(ranked: RankedPositives, recall: float) -> Float[np.ndarray, " C"]:
    """Return `precision_at_recall` for a ranking; a recall of 0 gives the highest precision of all."""
    # recall as a count of positives, so that 0.3 of ten is three whatever the rounding.
    needed = np.ceil(recall * ranked.support - 1e-9)
    enough = ranked.true_positives >= needed[ranked.class_index]
    best = np.full(len(ranked.support), np.nan)
    precision = ranked.true_positives / ranked.predicted_positives
    np.fmax.at(best, ranked.class_index[enough], precision[enough])
    return best


register(
    Metric(
        f"precision_at_recall_{_RECALL}",
        f"precision at a recall of {_RECALL}",
        lambda sample: precision_at_recall_of(sample.ranked, _RECALL),
    )
)
