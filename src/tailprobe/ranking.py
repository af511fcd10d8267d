"""The ranking of images by score, class by class: the basis of every metric of scores, threshold rule and curve.

Images of equal score are one step: no order among them is assumed, so results are exact with ties.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped, UInt32

from tailprobe.errors import InputError

_LAST = np.uint32(0xFFFFFFFF)  # a key that no finite score has


@dataclass(frozen=True, eq=False)
class RankedPositives:
    """The positives in the ranking of each of C classes: G steps, one for each class and distinct score of a positive.

    The steps of a class are consecutive, from its highest score to its lowest. Scores that only negatives have are left
    out: recall does not change there, so no metric is highest there. A class without positives has no steps.
    """

    class_index: Int[np.ndarray, " G"]  # ascending
    score: Float[np.ndarray, " G"]
    next_score: Float[np.ndarray, " G"]  # the next lower score of any image, NaN if there is none
    above: Int[np.ndarray, " G"]  # images above this score
    predicted_positives: Int[np.ndarray, " G"]  # images at or above this score: predicted by a threshold just below it
    new_positives: Int[np.ndarray, " G"]  # positives at this score
    true_positives: Int[np.ndarray, " G"]  # positives at this score or above
    support: Int[np.ndarray, " C"]  # positives
    rows: Int[np.ndarray, " C"]  # images that are ranked: N, or those whose label is known

    def total(self, values: Float[np.ndarray, " G"] | Int[np.ndarray, " G"]) -> Float[np.ndarray, " C"]:
        """Return (C,) float64, each class's sum over its steps; integers are exact up to 2**53."""
        return np.bincount(self.class_index, weights=values, minlength=len(self.support)).astype(np.float64)

    def average_precision(self) -> Float[np.ndarray, " C"]:
        """Return (C,) float64, the average precision of each class, not interpolated; NaN without positives.

        The sum over the steps of the increase in recall times the precision.
        """
        precision = self.true_positives / self.predicted_positives
        total = self.total(self.new_positives * precision)
        return np.divide(total, self.support, out=np.full(len(total), np.nan), where=self.support > 0)

    def f_beta(self, beta: float) -> Float[np.ndarray, " G"]:
        """Return (G,) float64, F-beta of predicting the images of each step and those above it."""
        hits = (1 + beta**2) * self.true_positives
        return hits / (self.predicted_positives + beta**2 * self.support[self.class_index])

    def threshold_of_highest(self, values: Float[np.ndarray, " G"]) -> Float[np.ndarray, " C"]:
        """Return the threshold just below the step of each class with the highest value.

        Of equal values the first step is used, which has the fewest images. Thresholds are half-way between two
        neighbouring scores; below the lowest score half of it, or that score minus 1 if it is not positive.

        Returns:
            (C,) float64; NaN for a class without positives.
        """
        thresholds = np.full(len(self.support), np.nan)
        best = self._first_of_highest(values)
        thresholds[self.class_index[best]] = self._just_below(best)
        return thresholds

    def _first_of_highest(self, values: Float[np.ndarray, " G"]) -> Int[np.ndarray, " P"]:
        """Return the first step with the highest value, for each of the P classes that have steps."""
        _, first, which = np.unique(self.class_index, return_index=True, return_inverse=True)
        at = np.flatnonzero(values == np.maximum.reduceat(values, first)[which]) if len(first) else first
        return at[np.unique(self.class_index[at], return_index=True)[1]]

    def _just_below(self, chosen: Int[np.ndarray, " P"]) -> Float[np.ndarray, " P"]:
        """Return the thresholds just below the chosen steps."""
        score, lower = self.score[chosen].astype(np.float64), self.next_score[chosen].astype(np.float64)
        lower = np.where(np.isnan(lower), np.where(score > 0, 0, score - 2), lower)
        middle = lower + (score - lower) / 2
        return np.where(middle < score, middle, lower)  # between neighbouring float64 there is no middle

    def of_class(self, c: int) -> slice:
        """Return the slice of the steps of a class."""
        first, last = np.searchsorted(self.class_index, [c, c + 1])
        return slice(int(first), int(last))

    def first_at_or_below(self, c: int, scores: Float[np.ndarray, " N"]) -> Int[np.ndarray, " N"]:
        """Return for each image the class's first step with its score or a lower one; the number of steps if none.

        Args:
            c: the class.
            scores: (N,), of the class, as they were ranked.
        """
        return np.searchsorted(-self.score[self.of_class(c)], -scores, side="left")


def rank(
    labels: Bool[np.ndarray, "N C"], scores: Float[np.ndarray, "N C"], known: Bool[np.ndarray, "N C"] | None = None
) -> RankedPositives:
    """Rank the images of each class, all classes at once.

    Args:
        labels: (N, C).
        scores: (N, C), higher is more likely; probabilities or logits. float32 is ranked faster than float64.
        known: (N, C), whether the label is known: an image is ranked only for the classes where it is. None: all.

    Raises:
        InputError: a score is not finite, as those of a diverged head, or there are no images.

    >>> ranked = rank(np.array([[True], [False], [True]]), np.array([[0.9], [0.5], [0.2]]))
    >>> ranked.true_positives.tolist(), ranked.predicted_positives.tolist(), ranked.average_precision().round(3)
    ([1, 2], [1, 3], array([0.833]))
    """
    _check_scores(scores)
    rows = np.full(labels.shape[1], len(scores)) if known is None else known.sum(axis=0)
    carried = np.ascontiguousarray((labels if known is None else labels & known).T)
    keys = _descending_keys(np.ascontiguousarray(scores.T))  # (C, N)
    if known is not None:
        keys[~known.T] = _LAST if keys.dtype == np.uint32 else np.inf  # below every finite score
    ranked = np.sort(keys, axis=1)
    reaches = [_reach(row, np.sort(key[of])) for row, key, of in zip(ranked, keys, carried, strict=True)]
    support = np.array([len(begin) for begin, _ in reaches], dtype=np.int64)
    column = np.repeat(np.arange(len(support)), support)
    begin, end = (np.concatenate(places) for places in zip(*reaches, strict=True))
    first = np.flatnonzero(np.diff(end + column * len(scores), prepend=-1))  # of each step, among the positives
    column, begin, end = column[first], begin[first], end[first]
    following = ranked[column, np.minimum(end + 1, len(scores) - 1)]
    return RankedPositives(
        class_index=column,
        score=_scores(ranked[column, end]),
        next_score=np.where(end + 1 < rows[column], _scores(following), np.nan),
        above=begin,
        predicted_positives=end + 1,
        new_positives=np.diff(first, append=int(support.sum())),
        true_positives=np.append(first[1:], support.sum())[: len(first)] - (np.cumsum(support) - support)[column],
        support=support,
        rows=rows,
    )


def _reach(
    ranked: Shaped[np.ndarray, " N"], keys: Shaped[np.ndarray, " P"]
) -> tuple[Int[np.ndarray, " P"], Int[np.ndarray, " P"]]:
    """Return the first and the last position of each key of `keys` in the sorted `ranked`; duplicates are rare."""
    begin = np.searchsorted(ranked, keys)
    end = begin.copy()
    shared = np.flatnonzero(ranked[np.minimum(begin + 1, len(ranked) - 1)] == keys)
    end[shared] = np.searchsorted(ranked, keys[shared], side="right") - 1
    return begin, end


def top1(labels: Bool[np.ndarray, "N C"], scores: Float[np.ndarray, "N C"]) -> float:
    """Return the accuracy of the class with the highest score, of single-label images; ties go to the first class.

    Args:
        labels: (N, C), one class a row.
        scores: (N, C).

    Raises:
        InputError: a score is not finite, or there are no images.

    >>> top1(np.array([[True, False], [False, True]]), np.array([[0.6, 0.4], [0.7, 0.3]]))
    0.5
    """
    _check_scores(scores)
    return float(np.mean(labels[np.arange(len(labels)), scores.argmax(axis=1)]))


def _descending_keys(scores: Float[np.ndarray, "C N"]) -> Shaped[np.ndarray, "C N"]:
    """Return keys in reverse order of the scores; numpy sorts 32-bit integers fastest."""
    if scores.dtype == np.float64:
        return -scores
    return _descending_bits((scores.astype(np.float32) + np.float32(0)).view(np.uint32))  # + 0 turns -0 into 0


def _scores(keys: Shaped[np.ndarray, " G"]) -> Float[np.ndarray, " G"]:
    """Return the scores that have these keys."""
    return _descending_bits(keys).view(np.float32) if keys.dtype == np.uint32 else -keys


def _descending_bits(bits: UInt32[np.ndarray, "*S"]) -> UInt32[np.ndarray, "*S"]:
    """Map the bits of float32 to integers in reverse order of the floats; the map is its own inverse.

    The bits of positive floats increase with them, so all but the sign bit are flipped; those of negative floats
    decrease already, and their sign bit makes them larger than the others.
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
            "a diverged head has such scores; a lower learning rate may help"
        )
