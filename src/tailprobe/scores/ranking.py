"""Metrics of rankings: how far up the images that carry a class stand, whatever the threshold.

Images of equal score are one step: no order among them is assumed, so the results are exact with ties.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float32, Int, UInt32

from tailprobe.errors import InputError
from tailprobe.scores.ratio import ratio


@dataclass(frozen=True, eq=False)
class Steps:
    """Where the ranking of each of C classes finds positives: G steps, one a class and distinct score of a positive.

    The steps of a class stand together, from its highest score to its lowest. Scores of negatives alone are left out:
    they add nothing to recall, so no metric has its best there. A class without positives has no steps.
    """

    column: Int[np.ndarray, " G"]  # the class, ascending
    score: Float[np.ndarray, " G"]
    lower: Float[np.ndarray, " G"]  # the next lower score of any image, NaN where there is none
    before: Int[np.ndarray, " G"]  # images above this score
    predicted: Int[np.ndarray, " G"]  # images at this score or above
    gained: Int[np.ndarray, " G"]  # positives at this score
    hits: Int[np.ndarray, " G"]  # positives at this score or above
    support: Int[np.ndarray, " C"]  # positives
    rows: int  # N

    def total(self, values: Float[np.ndarray, " G"] | Int[np.ndarray, " G"]) -> Float[np.ndarray, " C"]:
        """Return each class's sum over its steps; whole numbers are exact up to 2**53."""
        return np.bincount(self.column, weights=values, minlength=len(self.support)).astype(np.float64)


def rank(labels: Bool[np.ndarray, "N C"], scores: Float[np.ndarray, "N C"]) -> Steps:
    """Rank the images of each class, all classes at once.

    Args:
        scores: (N, C), higher is more likely; probabilities or logits. float32 is ranked faster than float64.

    Raises:
        InputError: a score is not finite, as a head that diverged gives, or there are no images.
    """
    _check_scores(scores)
    many = len(scores)
    ranked, carried = _ranked(np.ascontiguousarray(labels.T), np.ascontiguousarray(scores.T))  # (C, N)
    last = np.ones(ranked.shape, dtype=bool)  # of the images of equal score
    np.not_equal(ranked[:, 1:], ranked[:, :-1], out=last[:, :-1])
    ends = np.flatnonzero(last)  # here and below, places in all classes' rankings laid end to end
    hits = np.cumsum(carried.ravel(), dtype=np.int64)
    gained = hits[ends]
    gained[1:] -= gained[:-1].copy()
    step = np.flatnonzero(gained)
    column, end = ends[step] // many, ends[step]
    support = np.diff(hits[many - 1 :: many], prepend=0)
    following = np.minimum(end + 1, ranked.size - 1)
    return Steps(
        column=column,
        score=ranked.ravel()[end],
        lower=np.where(end + 1 < (column + 1) * many, ranked.ravel()[following], np.nan),
        before=np.where(step > 0, ends[step - 1] + 1, 0) - column * many,
        predicted=end + 1 - column * many,
        gained=gained[step],
        hits=hits[end] - (np.cumsum(support) - support)[column],
        support=support,
        rows=many,
    )


def average_precision(labels: Bool[np.ndarray, "N C"], scores: Float[np.ndarray, "N C"]) -> Float[np.ndarray, " C"]:
    """Precision averaged over the steps of recall: sum over distinct scores of (R_g - R_{g-1}) P_g, not interpolated.

    Returns:
        (C,) float64, equal to scikit-learn's `average_precision_score`; NaN for a class without positives (there 0).

    Raises:
        InputError: a score is not finite, or there are no images.

    >>> scores = np.array([[0.9], [0.4], [0.4], [0.1]], dtype=np.float32)
    >>> average_precision(np.array([[1], [1], [0], [0]], dtype=bool), scores)  # 1/2 * 1 + 1/2 * 2/3
    array([0.83333333])
    """
    return average_precision_of(rank(labels, scores))


def roc_auc(labels: Bool[np.ndarray, "N C"], scores: Float[np.ndarray, "N C"]) -> Float[np.ndarray, " C"]:
    """Chance that a positive image scores above a negative one, ties counting half.

    Returns:
        (C,) float64, equal to scikit-learn's `roc_auc_score`; NaN for a class without positives or without negatives.

    Raises:
        InputError: a score is not finite, or there are no images.

    Source:
        Mann and Whitney, 1947; Hanley and McNeil, Radiology 1982.
    """
    return roc_auc_of(rank(labels, scores))


def average_precision_of(steps: Steps) -> Float[np.ndarray, " C"]:
    """Return `average_precision` of images already ranked."""
    return ratio(steps.total(steps.gained * steps.hits / steps.predicted), steps.support)


def roc_auc_of(steps: Steps) -> Float[np.ndarray, " C"]:
    """Return `roc_auc` of images already ranked."""
    # A positive wins against the negatives below its step and half of those on it. Twice that is a whole number:
    # the negatives not above it plus the negatives below it.
    negatives = (steps.rows - steps.support)[steps.column]
    above, not_below = steps.before - (steps.hits - steps.gained), steps.predicted - steps.hits
    twice_won = steps.gained * ((negatives - above) + (negatives - not_below))
    return ratio(steps.total(twice_won), 2 * steps.support * (steps.rows - steps.support))


def top1(labels: Bool[np.ndarray, "N C"], scores: Float[np.ndarray, "N C"]) -> float:
    """Share of single-label images whose highest score is their own class's; of equal scores the first class counts.

    Raises:
        InputError: a score is not finite, or there are no images.
    """
    _check_scores(scores)
    return float(np.mean(labels[np.arange(len(labels)), scores.argmax(axis=1)]))


def _ranked(
    labels: Bool[np.ndarray, "C N"], scores: Float[np.ndarray, "C N"]
) -> tuple[Float[np.ndarray, "C N"], Bool[np.ndarray, "C N"]]:
    """Return the scores of each class from the highest to the lowest, and the labels in that order."""
    if scores.dtype == np.float64:
        order = np.argsort(-scores, axis=1)
        return np.take_along_axis(scores, order, axis=1), np.take_along_axis(labels, order, axis=1)
    return _ranked_float32(labels, scores.astype(np.float32))


def _ranked_float32(
    labels: Bool[np.ndarray, "C N"], scores: Float32[np.ndarray, "C N"]
) -> tuple[Float32[np.ndarray, "C N"], Bool[np.ndarray, "C N"]]:
    # The label goes below the score as the lowest bit, so that one plain sort, which numpy runs vectorised, does for
    # both: three times as fast as an argsort and two gathers.
    packed = _falling((scores + np.float32(0)).view(np.uint32)).astype(np.uint64)  # + 0 turns -0 into 0
    packed <<= np.uint64(1)
    packed |= labels
    packed.sort(axis=1)
    carried = (packed & np.uint64(1)).astype(bool)
    packed >>= np.uint64(1)
    return _falling(packed.astype(np.uint32)).view(np.float32), carried


def _falling(bits: UInt32[np.ndarray, "C N"]) -> UInt32[np.ndarray, "C N"]:
    """Turn the bits of float32 into integers that fall as the floats rise; doing it twice gives the bits back.

    The bits of positive floats rise with them, so all but the sign is flipped; those of negative ones fall already, and
    their sign bit sets them above.
    """
    positive = ((~bits).view(np.int32) >> 31).view(np.uint32)  # every bit set, or none
    return bits ^ (positive & np.uint32(0x7FFFFFFF))


def _check_scores(scores: Float[np.ndarray, "N C"]) -> None:
    if scores.shape[0] == 0:
        raise InputError("expected the scores of at least one image, got none; give the part some images")
    finite = np.isfinite(scores)
    if not finite.all():
        row, column = np.argwhere(~finite)[0].tolist()
        raise InputError(
            f"expected finite scores, got {scores[row, column]} at row {row}, class {column}; "
            "a head that diverged gives this, a lower learning rate may mend it"
        )
