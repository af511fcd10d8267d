"""Metrics of rankings: how far up the images that carry a class stand, whatever the threshold.

Images of equal score are one step: no order among them is assumed, so the results are exact with ties.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped, UInt32

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
    carried = np.ascontiguousarray(labels.T)
    keys = _falling_keys(np.ascontiguousarray(scores.T))  # (C, N)
    ranked = np.sort(keys, axis=1)
    reaches = [_reach(row, np.sort(key[of])) for row, key, of in zip(ranked, keys, carried, strict=True)]
    support = np.array([len(begin) for begin, _ in reaches], dtype=np.int64)
    column = np.repeat(np.arange(len(support)), support)
    begin, end = (np.concatenate(places) for places in zip(*reaches, strict=True))
    first = np.flatnonzero(np.diff(end + column * many, prepend=-1))  # of each step, among the positives
    column, begin, end = column[first], begin[first], end[first]
    following = ranked[column, np.minimum(end + 1, many - 1)]
    return Steps(
        column=column,
        score=_scores(ranked[column, end]),
        lower=np.where(end + 1 < many, _scores(following), np.nan),
        before=begin,
        predicted=end + 1,
        gained=np.diff(first, append=int(support.sum())),
        hits=np.append(first[1:], support.sum())[: len(first)] - (np.cumsum(support) - support)[column],
        support=support,
        rows=many,
    )


def _reach(
    ranked: Shaped[np.ndarray, " N"], keys: Shaped[np.ndarray, " P"]
) -> tuple[Int[np.ndarray, " P"], Int[np.ndarray, " P"]]:
    """Return the first and the last place of each of some keys in a ranking of them all; few are there twice."""
    begin = np.searchsorted(ranked, keys)
    end = begin.copy()
    shared = np.flatnonzero(ranked[np.minimum(begin + 1, len(ranked) - 1)] == keys)
    end[shared] = np.searchsorted(ranked, keys[shared], side="right") - 1
    return begin, end


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


def _falling_keys(scores: Float[np.ndarray, "C N"]) -> Shaped[np.ndarray, "C N"]:
    """Return numbers that fall as the scores rise; numpy sorts integers of 32 bits faster than anything else."""
    if scores.dtype == np.float64:
        return -scores
    return _falling((scores.astype(np.float32) + np.float32(0)).view(np.uint32))  # + 0 turns -0 into 0


def _scores(keys: Shaped[np.ndarray, " G"]) -> Float[np.ndarray, " G"]:
    """Return the scores of keys."""
    return _falling(keys).view(np.float32) if keys.dtype == np.uint32 else -keys


def _falling(bits: UInt32[np.ndarray, "*S"]) -> UInt32[np.ndarray, "*S"]:
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
