"""Metrics of the part of a curve that a use cares about: precision at a recall, the area at few false alarms."""

import numpy as np
from jaxtyping import Bool, Float

from tailprobe.errors import InputError
from tailprobe.scores.ranking import Steps, rank


def precision_at_recall(
    labels: Bool[np.ndarray, "N C"], scores: Float[np.ndarray, "N C"], *, recall: float
) -> Float[np.ndarray, " C"]:
    """Return the highest precision at which at least that share of the positives is found.

    Args:
        recall: in (0, 1].

    Returns:
        (C,) float64, the maximum of scikit-learn's `precision_recall_curve` over its points of that recall; NaN for a
        class without positives.

    Raises:
        InputError: `recall` is outside (0, 1], a score is not finite, or there are no images.

    >>> labels = np.array([[True], [False], [True], [False]])
    >>> precision_at_recall(labels, np.array([[0.9], [0.8], [0.7], [0.1]]), recall=0.9).round(3)
    array([0.667])
    """
    if not 0 < recall <= 1:
        raise InputError(f"recall = {recall}: expected above 0 and up to 1")
    return precision_at_recall_of(rank(labels, scores), recall)


def precision_at_recall_of(steps: Steps, recall: float) -> Float[np.ndarray, " C"]:
    """Return `precision_at_recall` of images already ranked."""
    # recall as a count of positives, so that 0.3 of ten is three whatever the rounding.
    needed = np.ceil(recall * steps.support - 1e-9)
    enough = steps.hits >= needed[steps.column]
    best = np.full(len(steps.support), np.nan)
    np.fmax.at(best, steps.column[enough], (steps.hits / steps.predicted)[enough])
    return best


def partial_roc_auc(
    labels: Bool[np.ndarray, "N C"], scores: Float[np.ndarray, "N C"], *, most_false: float
) -> Float[np.ndarray, " C"]:
    """Return the area under the ROC curve up to a false positive rate, rescaled so that chance is 0.5 and the best 1.

    Args:
        most_false: the highest false positive rate, in (0, 1]; 1 gives `roc_auc`.

    Returns:
        (C,) float64, equal to scikit-learn's `roc_auc_score(max_fpr=most_false)`; NaN without positives or negatives.

    Raises:
        InputError: `most_false` is outside (0, 1], a score is not finite, or there are no images.

    Source:
        McClish, Medical Decision Making 1989, for the rescaling.
    """
    if not 0 < most_false <= 1:
        raise InputError(f"most_false = {most_false}: expected above 0 and up to 1")
    return partial_roc_auc_of(rank(labels, scores), most_false)


def partial_roc_auc_of(steps: Steps, most_false: float) -> Float[np.ndarray, " C"]:
    """Return `partial_roc_auc` of images already ranked."""
    bounds = np.searchsorted(steps.column, np.arange(len(steps.support) + 1)).tolist()
    return np.array([_partial_area(steps, c, slice(*bounds[c : c + 2]), most_false) for c in range(len(bounds) - 1)])


def _partial_area(steps: Steps, c: int, mine: slice, most_false: float) -> float:
    positives = int(steps.support[c])
    negatives = steps.rows - positives
    if positives == 0 or negatives == 0:
        return float("nan")
    hits, gained = steps.hits[mine], steps.gained[mine]
    start = (steps.before[mine] - (hits - gained)) / negatives  # false positive rate where the step begins
    end = (steps.predicted[mine] - hits) / negatives
    x = np.concatenate([[0.0], np.column_stack([start, end]).ravel(), [1.0]])
    y = np.concatenate([[0.0], np.column_stack([hits - gained, hits]).ravel() / positives, [1.0]])
    area = _area_up_to(x, y, most_false)
    least = most_false**2 / 2  # of scores by chance
    return float((1 + (area - least) / (most_false - least)) / 2)


def _area_up_to(x: Float[np.ndarray, " P"], y: Float[np.ndarray, " P"], stop: float) -> float:
    """Return the area under straight lines through points of rising x, from 0 to `stop`."""
    left, right = x[:-1], np.minimum(x[1:], stop)
    kept = right > left
    width = np.where(kept, x[1:] - left, 1)
    at_right = y[:-1] + (y[1:] - y[:-1]) * (right - left) / width
    return float((((y[:-1] + at_right) / 2 * (right - left))[kept]).sum())
