"""Among the first K images that are reviewed: what share of a class, and how much more than by chance."""

import numpy as np
from jaxtyping import Bool, Float

from tailprobe.errors import InputError
from tailprobe.ranking import RankedPositives, rank
from tailprobe.scores.metric import Metric, register
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


register(
    Metric(
        f"recall_in_first_{_BUDGET}",
        f"recall in the first {_BUDGET} images",
        lambda sample: recall_in_first_of(sample.ranked, _BUDGET),
    )
)
register(
    Metric(
        f"lift_in_first_{_BUDGET}",
        f"lift in the first {_BUDGET} images",
        lambda sample: lift_in_first_of(sample.ranked, _BUDGET),
        range=(0.0, np.inf),
        drawn=False,
    )
)
