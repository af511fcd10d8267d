"""How much each image of a test part counts in a metric: the derivative of the metric by the image's weight.

With every image given a weight, 1 at first, a metric T is a smooth function of the weights, and

    u_i = dT / dw_i,   sum_i u_i = 0 (doubling every weight changes nothing)

says how T moves when image i counts a little more. Over new draws of the images the variance of T is about sum_i u_i^2
(the infinitesimal jackknife), and two test parts that share images vary together by the sum over those of the products.
That is what tells the spread of the images from that of the seeds.

Source:
    Jaeckel, The infinitesimal jackknife, Bell Laboratories 1972; Efron, The Jackknife, the Bootstrap and Other
    Resampling Plans, SIAM 1982, chapter 6.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from tailprobe.errors import InputError
from tailprobe.scores.ratio import ratio
from tailprobe.scores.thresholds import decide


class Influence(NamedTuple):
    """A metric of C classes and what each of N images counts in it."""

    value: Float[np.ndarray, " C"]  # NaN where undefined
    weight: Float[np.ndarray, "N C"]  # derivative by the image's weight; 0 throughout where the value is NaN


def average_precision_influence(labels: Bool[np.ndarray, "N C"], scores: Float[np.ndarray, "N C"]) -> Influence:
    """Return average precision and each image's influence on it; images of equal score are one step.

    With H positives and R images at a positive's score or above, AP = sum over positives of w H/R, by their weight W.
    An image adds to H and R of every positive at its score or below:

        u_j = (y_j (P_j - AP + sum_{p <= j} 1/R_p) - sum_{p <= j} H_p/R_p^2) / W

    Returns:
        value (C,) equal to `scores.ranking.average_precision`, weight (N, C).

    >>> labels, scores = np.array([[True], [False]]), np.array([[0.2], [0.7]])
    >>> average_precision_influence(labels, scores).weight.ravel()  # AP = w0 / (w0 + w1)
    array([ 0.25, -0.25])
    """
    ranked = _Ranked(labels, scores)
    support = np.maximum(ranked.support, 1)[:, None]  # classes without positives are undefined, see `unsorted`
    precision = ranked.hits / ranked.images
    value = (ranked.labels * precision).sum(axis=1, keepdims=True) / support
    reached = ranked.at_or_below(ranked.labels / ranked.images)
    lost = ranked.at_or_below(ranked.labels * precision / ranked.images)
    weight = (ranked.labels * (precision - value + reached) - lost) / support
    return ranked.unsorted(value[:, 0], weight, defined=ranked.support > 0)


def roc_auc_influence(labels: Bool[np.ndarray, "N C"], scores: Float[np.ndarray, "N C"]) -> Influence:
    """Return the area under the ROC curve and each image's influence on it, ties counting half.

    A positive that beats a share V of the negatives has the influence (V - AUC) / P, a negative that a share V of the
    positives beats (V - AUC) / N: DeLong's placements.

    Source:
        DeLong, DeLong and Clarke-Pearson, Biometrics 1988.
    """
    ranked = _Ranked(labels, scores)
    positives, negatives = ranked.support[:, None], len(labels) - ranked.support[:, None]
    defined = (ranked.support > 0) & (ranked.support < len(labels))
    positives, negatives = np.maximum(positives, 1), np.maximum(negatives, 1)
    beaten = 1 - (ranked.middle - ranked.middle_hits) / negatives
    beaten_by = ranked.middle_hits / positives
    value = (ranked.labels * beaten).sum(axis=1, keepdims=True) / positives
    weight = np.where(ranked.labels, (beaten - value) / positives, (beaten_by - value) / negatives)
    return ranked.unsorted(value[:, 0], weight, defined=defined)


def ratio_influence(part: Float[np.ndarray, "N C"], whole: Float[np.ndarray, "N C"]) -> Influence:
    """Return sum(part) / sum(whole) and each image's influence, (part_i - value whole_i) / sum(whole).

    Recall, precision, F-beta, accuracy and the Brier score are such ratios of sums over the images.
    """
    total = whole.sum(axis=0)
    value = ratio(part.sum(axis=0), total)
    weight = ratio(part - value * whole, np.broadcast_to(total, part.shape))
    return Influence(value, np.where(np.isnan(value), 0, weight))


def influence(
    metric: str,
    labels: Bool[np.ndarray, "N C"],
    scores: Float[np.ndarray, "N C"],
    thresholds: Float[np.ndarray, " C"] | None = None,
) -> Influence:
    """Return a metric by its name in the results table, and each image's influence on it.

    Args:
        metric: one of `METRICS`, with `@` and the name of a threshold rule where it is one of decisions.
        scores: probabilities.
        thresholds: (C,), of the metric's rule, tuned elsewhere; NaN where there is none.

    Raises:
        InputError: a metric whose influences are not known, or a metric of decisions without thresholds.
    """
    name = metric.partition("@")[0]
    if name in _OF_SCORES:
        return _OF_SCORES[name](labels, scores)
    if name not in _OF_DECISIONS:
        raise InputError(f"metric {metric!r} cannot be compared by its images; choose among {', '.join(METRICS)}")
    if thresholds is None:
        raise InputError(f"metric {metric!r} is one of decisions; give the thresholds of its rule")
    found = _OF_DECISIONS[name](labels, decide(scores, thresholds))
    undefined = np.isnan(thresholds) | ~labels.any(axis=0)
    return Influence(np.where(undefined, np.nan, found.value), np.where(undefined, 0, found.weight))


def _brier(labels: Bool[np.ndarray, "N C"], scores: Float[np.ndarray, "N C"]) -> Influence:
    return ratio_influence((scores.astype(np.float64) - labels) ** 2, np.ones(labels.shape))


def _recall(labels: Bool[np.ndarray, "N C"], decisions: Bool[np.ndarray, "N C"]) -> Influence:
    return ratio_influence(_number(labels & decisions), _number(labels))


def _precision(labels: Bool[np.ndarray, "N C"], decisions: Bool[np.ndarray, "N C"]) -> Influence:
    found = ratio_influence(_number(labels & decisions), _number(decisions))
    return Influence(np.nan_to_num(found.value), found.weight)  # 0 where nothing is predicted, as in the results


def _f_beta(beta: float) -> Callable[[Bool[np.ndarray, "N C"], Bool[np.ndarray, "N C"]], Influence]:
    def measure(labels: Bool[np.ndarray, "N C"], decisions: Bool[np.ndarray, "N C"]) -> Influence:
        return ratio_influence((1 + beta**2) * _number(labels & decisions), decisions + beta**2 * labels)

    return measure


def _accuracy(labels: Bool[np.ndarray, "N C"], decisions: Bool[np.ndarray, "N C"]) -> Influence:
    return ratio_influence(_number(labels == decisions), np.ones(labels.shape))


def _balanced_accuracy(labels: Bool[np.ndarray, "N C"], decisions: Bool[np.ndarray, "N C"]) -> Influence:
    recall, specificity = _recall(labels, decisions), _recall(~labels, ~decisions)
    return Influence((recall.value + specificity.value) / 2, (recall.weight + specificity.weight) / 2)


def _number(mask: Bool[np.ndarray, "N C"]) -> Float[np.ndarray, "N C"]:
    return mask.astype(np.float64)


class _Ranked:
    """Images of each class from the highest score to the lowest, counted up to the end of their tie; all (C, N)."""

    def __init__(self, labels: Bool[np.ndarray, "N C"], scores: Float[np.ndarray, "N C"]) -> None:
        if len(labels) == 0:
            raise InputError("expected the scores of at least one image, got none; give the part some images")
        falling = -np.ascontiguousarray(scores.T)
        self.order = np.argsort(falling, axis=1, kind="stable")
        ranked = np.take_along_axis(falling, self.order, axis=1)
        self.labels = np.take_along_axis(np.ascontiguousarray(labels.T), self.order, axis=1)
        self.support = labels.sum(axis=0)
        place = np.arange(len(labels))
        edge = ranked[:, 1:] != ranked[:, :-1]
        first, last = np.zeros(ranked.shape, dtype=np.int64), np.full(ranked.shape, len(labels) - 1)
        first[:, 1:] = np.maximum.accumulate(np.where(edge, place[1:], 0), axis=1)
        backwards = np.where(edge, place[:-1], len(labels) - 1)[:, ::-1]
        last[:, :-1] = np.minimum.accumulate(backwards, axis=1)[:, ::-1]
        hits = np.cumsum(self.labels, axis=1)
        above = np.take_along_axis(hits - self.labels, first, axis=1)  # positives above the tie
        self._first = first
        self.hits = np.take_along_axis(hits, last, axis=1)
        self.images = last + 1
        self.middle = (first + last + 1) / 2  # images above, those of the tie counting half
        self.middle_hits = (above + self.hits) / 2

    def at_or_below(self, values: Float[np.ndarray, "C N"]) -> Float[np.ndarray, "C N"]:
        """Sum values of the images at each image's score or below."""
        total = np.cumsum(values[:, ::-1], axis=1)[:, ::-1]
        return np.take_along_axis(total, self._first, axis=1)

    def unsorted(
        self, value: Float[np.ndarray, " C"], weight: Float[np.ndarray, "C N"], *, defined: Bool[np.ndarray, " C"]
    ) -> Influence:
        """Bring weights back into the images' order; a class that is not defined has no value and no weight."""
        result = np.empty(weight.shape)
        np.put_along_axis(result, self.order, np.where(defined[:, None], weight, 0), axis=1)
        return Influence(np.where(defined, value, np.nan), np.ascontiguousarray(result.T))


_OF_SCORES: Mapping[str, Callable[[Bool[np.ndarray, "N C"], Float[np.ndarray, "N C"]], Influence]] = {
    "average_precision": average_precision_influence,
    "roc_auc": roc_auc_influence,
    "brier": _brier,
}
_OF_DECISIONS: Mapping[str, Callable[[Bool[np.ndarray, "N C"], Bool[np.ndarray, "N C"]], Influence]] = {
    "recall": _recall,
    "precision": _precision,
    "f1": _f_beta(1.0),
    "f2": _f_beta(2.0),
    "balanced_accuracy": _balanced_accuracy,
    "binary_accuracy": _accuracy,
}
METRICS = (*_OF_SCORES, *(f"{name}@..." for name in _OF_DECISIONS))
LOWER_IS_BETTER = frozenset({"brier"})
