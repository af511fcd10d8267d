"""Among the first K images that are reviewed: what share of a class, and how much more than by chance."""

import numpy as np
from jaxtyping import Bool, Float

from tailprobe.errors import InputError
from tailprobe.ranking import RankedPositives, rank
from tailprobe.scores.metric import Metric, Sample, register
from tailprobe.scores.ratio import ratio

_BUDGET = 100  # of `recall_in_first_100` and `lift_in_first_100`


def found_in_first(
    labels: Bool[np.ndarray, "N C"], scores: Float[np.ndarray, "N C"], *, budget: int
) -> Float[np.ndarray, " C"]:
    """Return the positives of each class among the first images by score, of a tie at the border the expected number.

    Args:
        budget: images that are looked at, of each class its own first ones.

    Returns:
        (C,) float64; NaN for a class without positives.

    Raises:
        InputError: the budget is below 1, a score is not finite, or there are no images.

    >>> labels = np.array([[True], [False], [True], [False]])
    >>> found_in_first(labels, np.array([[0.9], [0.5], [0.5], [0.1]]), budget=2)
    array([1.5])
    """
    if budget < 1:
        raise InputError(f"budget = {budget}: expected 1 image or more")
    return found_in_first_of(rank(labels, scores), budget)


def found_in_first_of(ranked: RankedPositives, budget: int) -> Float[np.ndarray, " C"]:
    """Return `found_in_first` of images already ranked."""
    tied = ranked.predicted_positives - ranked.above
    looked_at = np.clip(budget - ranked.above, 0, tied)
    return np.where(ranked.support > 0, ranked.total(ranked.new_positives * looked_at / tied), np.nan)


def recall_in_first_of(ranked: RankedPositives, budget: int) -> Float[np.ndarray, " C"]:
    """Return the share of each class's positives that the first images hold (recall at k)."""
    return ratio(found_in_first_of(ranked, budget), ranked.support)


def lift_in_first_of(ranked: RankedPositives, budget: int) -> Float[np.ndarray, " C"]:
    """Return how many times more positives the first images hold than as many drawn at random would."""
    by_chance = np.minimum(budget, ranked.rows) * ranked.support / ranked.rows
    return ratio(found_in_first_of(ranked, budget), by_chance)


def recall_in_first_influence(sample: Sample, value: Float[np.ndarray, " C"], budget: int) -> Float[np.ndarray, "N C"]:
    """Return (N, C) float64, each image's influence on the recall in the first K of N images, the share K / N fixed.

    With h = 1 for an image among the first K, else 0 (of a tie at the border the share that is looked at), y = 1 for a
    positive and P positives:

        influence = y (h - recall) / P - b (h - K / N) / P

    An image more among the first pushes another one out, which is a positive with the probability b: the share of
    positives among the images about the border. They are those of rank K - sqrt(K) to K + sqrt(K), about as far as the
    border moves from one sample of images to the next. The last image's label alone, which the derivative in the strict
    sense has for b, would miss that: the jackknife that leaves out one image is inconsistent for quantiles.

    Source:
        van der Vaart, Asymptotic Statistics, 1998, section 21.2, for the influence of a quantile; Efron, The Jackknife,
        the Bootstrap and Other Resampling Plans, 1982, section 3.4, for the jackknife's failure.
    """
    rows, classes = sample.labels.shape
    if budget >= rows:
        return np.zeros((rows, classes))  # every image is looked at
    influence = np.zeros((rows, classes))
    for c in np.flatnonzero(sample.labels.any(axis=0)).tolist():
        scores, labels = sample.scores[:, c], sample.labels[:, c].astype(np.float64)
        looked_at = _looked_at(scores, budget)
        reach = np.sqrt(budget)
        near = _looked_at(scores, min(budget + reach, rows)) - _looked_at(scores, budget - reach)
        of_border = (near * labels).sum() / near.sum()
        at_border = of_border * (looked_at - budget / rows)
        influence[:, c] = (labels * (looked_at - value[c]) - at_border) / labels.sum()
    return influence


def lift_in_first_influence(sample: Sample, value: Float[np.ndarray, " C"], budget: int) -> Float[np.ndarray, "N C"]:
    """Return (N, C) float64, each image's influence on the lift: that on the recall, over the share K / N."""
    share = min(budget, len(sample.labels)) / len(sample.labels)
    return recall_in_first_influence(sample, value * share, budget) / share


def _looked_at(scores: Float[np.ndarray, " N"], first: float) -> Float[np.ndarray, " N"]:
    """Return (N,) float64, how much of each image is among the first ones, of a tie at the border an equal share each.

    >>> _looked_at(np.array([0.9, 0.5, 0.5, 0.1]), 2)
    array([1. , 0.5, 0.5, 0. ])
    """
    border = np.sort(scores)[::-1][int(np.ceil(first)) - 1] if first > 0 else np.inf
    above, at = scores > border, scores == border
    return np.where(at, (first - above.sum()) / max(at.sum(), 1), above.astype(np.float64))


register(
    Metric(
        f"recall_in_first_{_BUDGET}",
        f"recall in the first {_BUDGET} images",
        lambda sample: recall_in_first_of(sample.ranked, _BUDGET),
        lambda sample, value: recall_in_first_influence(sample, value, _BUDGET),
    )
)
register(
    Metric(
        f"lift_in_first_{_BUDGET}",
        f"lift in the first {_BUDGET} images",
        lambda sample: lift_in_first_of(sample.ranked, _BUDGET),
        lambda sample, value: lift_in_first_influence(sample, value, _BUDGET),
        range=(0.0, np.inf),
        drawn=False,
        margin=0.5,
    )
)
