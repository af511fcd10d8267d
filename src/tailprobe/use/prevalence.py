"""Estimate the prevalence of each class among new images, and whether it differs from that among training images.

Prior shift is assumed: the images that carry a class look as in training, and so do the others; only their proportion
differs. The new prevalence is estimated by maximum likelihood with the EM algorithm of Saerens, Latinne and
Decaestecker (Neural Computation 2002), on a histogram of log odds, so that memory does not grow with the number of
images.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64
from scipy.special import expit

BINS = 2401  # of log odds from -30 to 30
_EDGE = 30.0
_STEPS = 2000  # EM steps at most
_SIGNIFICANT = 10.83  # 99.9% quantile of chi-squared with 1 degree of freedom, for the likelihood ratio test
_FACTOR = 1.5  # a prevalence that differs by a smaller factor gives no warning


@dataclass(frozen=True)
class Prevalence:
    """The prevalence of a class among the training images and its estimate among new images."""

    before: float
    now: float
    shifted: bool  # whether the difference is significant, and the ratio of the two at least 1.5 either way


class PrevalenceCounter:
    """One histogram of calibrated log odds of new images per class."""

    def __init__(self, classes: int) -> None:
        """Start with empty histograms.

        Args:
            classes: C, their number.
        """
        self.counts = np.zeros((classes, BINS), dtype=np.int64)

    def add(self, log_odds: Float64[np.ndarray, "N C"]) -> None:
        """Count N images by their calibrated log odds."""
        place = np.rint((np.clip(log_odds, -_EDGE, _EDGE) + _EDGE) / (2 * _EDGE) * (BINS - 1)).astype(np.int64)
        for c, column in enumerate(place.T):
            self.counts[c] += np.bincount(column, minlength=BINS)

    def estimate(self, place: int, before: float) -> Prevalence:
        """Return the prevalence of a class.

        Args:
            place: index of the class.
            before: its prevalence among the images on which the probabilities were calibrated.
        """
        counts = self.counts[place].astype(np.float64)
        if not counts.sum() or not 0 < before < 1:
            return Prevalence(before, before, False)
        ratio = np.exp(np.linspace(-_EDGE, _EDGE, BINS)) * (1 - before) / before  # likelihood ratio of positives
        now = _maximum_likelihood(counts, ratio, before)
        gain = 2 * float((counts * np.log((now * ratio + 1 - now) / (before * ratio + 1 - before))).sum())
        factor = max(now, 1e-9) / before
        return Prevalence(before, now, gain > _SIGNIFICANT and not 1 / _FACTOR < factor < _FACTOR)


def _maximum_likelihood(counts: Float64[np.ndarray, " B"], ratio: Float64[np.ndarray, " B"], start: float) -> float:
    now = start
    for _ in range(_STEPS):
        posterior = expit(np.log(ratio) + np.log(now) - np.log1p(-now))
        following = float((counts * posterior).sum() / counts.sum())
        following = min(max(following, 1e-9), 1 - 1e-9)
        if abs(following - now) < 1e-10:
            break
        now = following
    return now
