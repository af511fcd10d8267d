"""Calibration: of the images with a score of 0.3, three in ten should carry the class."""

import numpy as np
from jaxtyping import Bool, Float

from tailprobe.errors import InputError
from tailprobe.scores.metric import Metric, Sample, register
from tailprobe.scores.ratio import ratio, ratio_influence


def brier(labels: Bool[np.ndarray, "N C"], scores: Float[np.ndarray, "N C"]) -> Float[np.ndarray, " C"]:
    """Mean squared difference between score and label; lower is better.

    For a rare class it is small whatever the head does: with the class's frequency p as the score of every image it is
    p (1 - p).

    Args:
        labels: (N, C) bool.
        scores: (N, C) probabilities.

    Returns:
        (C,) float64 in [0, 1], equal to scikit-learn's `brier_score_loss`; also defined without positives. NaN without
        images.

    Raises:
        InputError: a score is not a probability.

    Source:
        Brier, Monthly Weather Review 1950 (half of its sum over both outcomes).

    >>> brier(np.array([[True], [False]]), np.array([[0.8], [0.4]])).round(3)
    array([0.1])
    """
    _check(scores)
    squares = (scores.astype(np.float64) - labels) ** 2
    return ratio(squares.sum(axis=0), np.full(labels.shape[1], len(labels)))


def expected_calibration_error(
    labels: Bool[np.ndarray, "N C"], scores: Float[np.ndarray, "N C"], *, bins: int = 15, equal_counts: bool = False
) -> Float[np.ndarray, " C"]:
    """Mean over bins of the score of |frequency of the class - mean score|, weighted by the images in each bin.

    Args:
        labels: (N, C) bool.
        scores: (N, C) probabilities.
        bins: number of bins of equal width in [0, 1]; each is closed above, the first also below.
        equal_counts: use bins with the same number of images; they show more of a rare class, most of whose scores are
            near 0.

    Returns:
        (C,) float64 in [0, 1], each class against the rest (Nixon et al.'s static calibration error, before its mean
        over classes). NaN without positives: every frequency is then 0 and the error only the mean score.

    Raises:
        InputError: a score is not a probability, or fewer than one bin.

    Source:
        Naeini, Cooper and Hauskrecht, AAAI 2015; Nixon et al., CVPR workshops 2019.

    >>> labels = np.array([[True], [False], [True], [False]])
    >>> expected_calibration_error(labels, np.array([[0.9], [0.9], [0.1], [0.1]]), bins=2)
    array([0.4])
    """
    _check(scores)
    if bins < 1:
        raise InputError(f"bins = {bins}: expected 1 or more")
    error = np.full(labels.shape[1], np.nan)
    for c in np.flatnonzero(labels.any(axis=0)):
        score = scores[:, c].astype(np.float64)
        gap = np.bincount(_bin(score, bins, equal_counts=equal_counts), weights=score - labels[:, c])
        error[c] = np.abs(gap).sum() / len(score)
    return error


def _bin(scores: Float[np.ndarray, " N"], bins: int, *, equal_counts: bool) -> np.ndarray:
    if not equal_counts:
        return np.clip(np.ceil(scores * bins).astype(np.int64) - 1, 0, bins - 1)
    edges = np.quantile(scores, np.arange(1, bins) / bins)
    return np.searchsorted(edges, scores, side="left")  # equal scores stay together


def _check(scores: Float[np.ndarray, "N C"]) -> None:
    if not ((scores >= 0) & (scores <= 1)).all():
        raise InputError("expected probabilities in [0, 1]; turn logits into probabilities first")


def _brier_influence(sample: Sample, value: Float[np.ndarray, " C"]) -> Float[np.ndarray, "N C"]:
    return ratio_influence((sample.scores.astype(np.float64) - sample.labels) ** 2, np.ones(sample.labels.shape), value)


register(
    Metric(
        "brier",
        "Brier score",
        lambda sample: brier(sample.labels, sample.scores),
        _brier_influence,
        better="lower",
        drawn=False,
        margin=0.005,
    )
)
register(
    Metric(
        "calibration_error",
        "calibration error",
        lambda sample: expected_calibration_error(sample.labels, sample.scores),
        better="lower",
        drawn=False,
    )
)
