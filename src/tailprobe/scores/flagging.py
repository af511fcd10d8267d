"""Flagging a given number of images by another ranking, and ratios of the resulting counts.

A threshold decides how many images are flagged, a ranking which ones. To separate the two, a ranking flags as many
images as another head does: for each class the k images with the highest scores.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from tailprobe.scores.decisions import CellRatio
from tailprobe.scores.metric import Influence
from tailprobe.scores.ratio import ratio, ratio_influence

_NEIGHBOURHOOD = 2.0  # standard deviations of the number of flagged images, which varies about as a Poisson count


@dataclass(frozen=True, eq=False)
class Counts:
    """The contribution of each of N images to the true positives and to the flagged images of each of C classes.

    Their sums over the images are the counts; each contribution is also the derivative of the count by the image's
    weight.
    """

    labels: Bool[np.ndarray, "N C"]
    true_positives: Float[np.ndarray, "N C"]
    flagged: Float[np.ndarray, "N C"]
    known: Bool[np.ndarray, "N C"] | None = None  # which labels are known: the others add nothing; None: all

    @classmethod
    def of_decisions(
        cls,
        labels: Bool[np.ndarray, "N C"],
        decisions: Bool[np.ndarray, "N C"],
        known: Bool[np.ndarray, "N C"] | None = None,
    ) -> "Counts":
        """Count decisions that were made by given thresholds."""
        if known is not None:
            labels, decisions = labels & known, decisions & known
        return cls(labels, (labels & decisions).astype(np.float32), decisions.astype(np.float32), known)

    @classmethod
    def of_top(
        cls,
        labels: Bool[np.ndarray, "N C"],
        scores: Float[np.ndarray, "N C"],
        decisions: Bool[np.ndarray, "N C"],
        known: Bool[np.ndarray, "N C"] | None = None,
    ) -> "Counts":
        """Count the decisions of a ranking that flags as many images of each class as other decisions do.

        Where equal scores are on both sides of the k-th place, each is flagged by a fraction, which is the mean over
        their orders. With a larger weight of image i the number k of flagged images changes too, and the boundary q of
        the ranking moves until again k are flagged. With f_i and g_i the fraction of image i that the ranking and the
        other decisions flag, and p the share of positives at the boundary,

            d(true positives) / d(weight_i) = y_i f_i + p (g_i - f_i)

        (the implicit function theorem on sum_i w_i f_i(q) = sum_i w_i g_i; the term in p is the influence of a
        quantile, Serfling, Approximation Theorems of Mathematical Statistics, 1980, section 2.5, times the density of
        the positives there). p is taken over the ranks that the number of flagged images passes through from sample
        to sample, see `precision_at_boundary`.

        Args:
            scores: by which the images of each class are ranked, higher first.
            decisions: whose number of flagged images is taken.
            known: which labels are known: for each class, only images with known labels are ranked and flagged.
        """
        if known is not None:
            labels, decisions = labels & known, decisions & known
        true_positives = np.zeros(labels.shape, dtype=np.float32)
        for c, k in enumerate(np.count_nonzero(decisions, axis=0).tolist()):
            if k:
                rows = slice(None) if known is None else known[:, c]
                carried, score = labels[rows, c], scores[rows, c]
                flagged = flag_top(score, k)
                precision = precision_at_boundary(carried, score, k)
                true_positives[rows, c] = carried * flagged + precision * (decisions[rows, c] - flagged)
        return cls(labels, true_positives, decisions.astype(np.float32), known)

    def measure(self, *ratios: CellRatio) -> Influence:
        """Return the mean of some ratios of the counts, and each image's influence on it."""
        parts = [self._measure(one) for one in ratios]
        return Influence(
            np.asarray(sum(part.value for part in parts) / len(parts)),
            np.asarray(sum(part.influence for part in parts) / len(parts)),
        )

    def _measure(self, of: CellRatio) -> Influence:
        part, whole = self._weigh(of.part), self._weigh(of.whole)
        total = whole.sum(axis=0)
        value = np.where(total > 0, ratio(part.sum(axis=0), total), of.empty)
        if of.about_positives:
            value = np.where(self.labels.any(axis=0), value, np.nan)
        return Influence(value, np.where(np.isnan(value), 0, ratio_influence(part, whole, np.nan_to_num(value))))

    def _weigh(self, cells: tuple[float, float, float, float]) -> Float[np.ndarray, "N C"]:
        """Return what each image adds to a sum over the cells TP, FP = K - TP, FN = P - TP, TN = N - P - K + TP."""
        hit, false_alarm, missed, rejected = cells
        weighed = (hit - false_alarm - missed + rejected) * self.true_positives.astype(np.float64)
        weighed += (false_alarm - rejected) * self.flagged
        weighed += (missed - rejected) * self.labels
        return (weighed + rejected) * (1.0 if self.known is None else self.known)


def flag_top(scores: Float[np.ndarray, " N"], k: int) -> Float[np.ndarray, " N"]:
    """Return (N,) the fraction of each image that is flagged when the k highest scores are; ties share the rest.

    >>> flag_top(np.array([0.9, 0.4, 0.4, 0.1]), 2)
    array([1. , 0.5, 0.5, 0. ])
    """
    last = np.partition(scores, len(scores) - k)[len(scores) - k]
    above, at = scores > last, scores == last
    return above + at * ((k - np.count_nonzero(above)) / np.count_nonzero(at))


def precision_at_boundary(labels: Bool[np.ndarray, " N"], scores: Float[np.ndarray, " N"], k: int) -> float:
    """Return the share of positives among the images ranked about k-th: within 2 sqrt(k) places, and at least 2.

    >>> precision_at_boundary(np.array([True, True, False, True, False]), np.arange(5, 0, -1.0), 2)
    0.6
    """
    reach = max(2, int(np.ceil(_NEIGHBOURHOOD * np.sqrt(k))))
    upper, lower = max(k - reach, 0), min(k + reach, len(scores))
    near = flag_top(scores, lower) - (flag_top(scores, upper) if upper else 0)
    return float(near @ labels / near.sum())
