"""The area under the ROC curve: all of it, and the part with few false positives."""

import numpy as np
from jaxtyping import Bool, Float

from tailprobe.errors import InputError
from tailprobe.ranking import RankedPositives, rank
from tailprobe.scores.metric import Metric, Sample, register
from tailprobe.scores.ratio import ratio

_MAX_FPR = 0.1  # of `partial_roc_auc_0.1`


def roc_auc(labels: Bool[np.ndarray, "N C"], scores: Float[np.ndarray, "N C"]) -> Float[np.ndarray, " C"]:
    """Probability that a random positive image scores above a random negative one, ties counting half.

    Args:
        labels: (N, C) bool.
        scores: (N, C), higher is more likely.

    Returns:
        (C,) float64, equal to scikit-learn's `roc_auc_score`; NaN for a class without positives or without negatives.

    Raises:
        InputError: a score is not finite, or there are no images.

    Source:
        Mann and Whitney, 1947; Hanley and McNeil, Radiology 1982.

    >>> labels = np.array([[True], [False], [True], [False]])
    >>> roc_auc(labels, np.array([[0.9], [0.7], [0.4], [0.4]]))  # pairs won: 2 of 2, then 1/2 of 2
    array([0.625])
    """
    return roc_auc_of(rank(labels, scores))


def roc_auc_of(ranked: RankedPositives) -> Float[np.ndarray, " C"]:
    """Return `roc_auc` for a ranking."""
    # A positive beats the negatives below its step and half of those on it. Twice that is a whole number:
    # the negatives not above it plus the negatives below it.
    negatives = (ranked.rows - ranked.support)[ranked.class_index]
    above = ranked.above - (ranked.true_positives - ranked.new_positives)
    not_below = ranked.predicted_positives - ranked.true_positives
    twice_won = ranked.new_positives * ((negatives - above) + (negatives - not_below))
    return ratio(ranked.total(twice_won), 2 * ranked.support * (ranked.rows - ranked.support))


def roc_auc_influence(sample: Sample, value: Float[np.ndarray, " C"]) -> Float[np.ndarray, "N C"]:
    """Return (N, C) float64, each image's influence on the area under the ROC curve, ties counting half.

    A positive that beats a share V of the negatives has the influence (V - AUC) / P, a negative that a share V of the
    positives beats (V - AUC) / N: DeLong's placements.

    Source:
        DeLong, DeLong and Clarke-Pearson, Biometrics 1988.
    """
    influence = np.zeros(sample.labels.shape)
    ranked = sample.ranked
    for c in np.flatnonzero((ranked.support > 0) & (ranked.support < ranked.rows)).tolist():
        steps = ranked.of_class(c)
        positives, negatives = ranked.support[c], ranked.rows[c] - ranked.support[c]
        new, positives_above = ranked.new_positives[steps], ranked.true_positives[steps] - ranked.new_positives[steps]
        negatives_above = ranked.above[steps] - positives_above
        tied = ranked.predicted_positives[steps] - ranked.above[steps] - new
        beaten = np.append(1 - (negatives_above + tied / 2) / negatives, 0)
        at = ranked.first_at_or_below(c, sample.scores[:, c])
        is_tied = np.append(ranked.score[steps], np.nan)[at] == sample.scores[:, c]
        beaten_by = (np.append(positives_above, positives)[at] + is_tied * np.append(new, 0)[at] / 2) / positives
        influence[:, c] = np.where(
            sample.labels[:, c], (beaten[at] - value[c]) / positives, (beaten_by - value[c]) / negatives
        )
    return influence


def partial_roc_auc(
    labels: Bool[np.ndarray, "N C"], scores: Float[np.ndarray, "N C"], *, max_fpr: float
) -> Float[np.ndarray, " C"]:
    """Return the area under the ROC curve up to a false positive rate, rescaled so that chance is 0.5 and the best 1.

    Args:
        labels: (N, C) bool.
        scores: (N, C), higher is more likely.
        max_fpr: the highest false positive rate, in (0, 1]; 1 gives `roc_auc`.

    Returns:
        (C,) float64, equal to scikit-learn's `roc_auc_score(max_fpr=max_fpr)`; NaN without positives or negatives.

    Raises:
        InputError: `max_fpr` is outside (0, 1], a score is not finite, or there are no images.

    Source:
        McClish, Medical Decision Making 1989, for the rescaling.
    """
    if not 0 < max_fpr <= 1:
        raise InputError(f"max_fpr = {max_fpr}: expected above 0 and up to 1")
    return partial_roc_auc_of(rank(labels, scores), max_fpr)


def partial_roc_auc_of(ranked: RankedPositives, max_fpr: float) -> Float[np.ndarray, " C"]:
    """Return `partial_roc_auc` for a ranking."""
    return np.array([_partial_area(ranked, c, max_fpr) for c in range(len(ranked.support))])


def _partial_area(ranked: RankedPositives, c: int, max_fpr: float) -> float:
    positives = int(ranked.support[c])
    negatives = int(ranked.rows[c]) - positives
    if positives == 0 or negatives == 0:
        return float("nan")
    steps = ranked.of_class(c)
    reached, new = ranked.true_positives[steps], ranked.new_positives[steps]
    start = (ranked.above[steps] - (reached - new)) / negatives  # false positive rate where the step begins
    end = (ranked.predicted_positives[steps] - reached) / negatives
    x = np.concatenate([[0.0], np.column_stack([start, end]).ravel(), [1.0]])
    y = np.concatenate([[0.0], np.column_stack([reached - new, reached]).ravel() / positives, [1.0]])
    area = _area_up_to(x, y, max_fpr)
    least = max_fpr**2 / 2  # the area of random scores
    return float((1 + (area - least) / (max_fpr - least)) / 2)


def _area_up_to(x: Float[np.ndarray, " P"], y: Float[np.ndarray, " P"], stop: float) -> float:
    """Return the area under straight lines through points of ascending x, from 0 to `stop`."""
    left, right = x[:-1], np.minimum(x[1:], stop)
    kept = right > left
    width = np.where(kept, x[1:] - left, 1)
    at_right = y[:-1] + (y[1:] - y[:-1]) * (right - left) / width
    return float((((y[:-1] + at_right) / 2 * (right - left))[kept]).sum())


register(Metric("roc_auc", "ROC AUC", lambda sample: roc_auc_of(sample.ranked), roc_auc_influence, margin=0.01))
register(
    Metric(
        f"partial_roc_auc_{_MAX_FPR}",
        f"ROC AUC up to a false positive rate of {_MAX_FPR}",
        lambda sample: partial_roc_auc_of(sample.ranked, _MAX_FPR),
    )
)
