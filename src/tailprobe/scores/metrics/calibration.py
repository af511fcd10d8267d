"""Whether scores are what they say: of the images scored 0.3, three in ten should carry the class."""

import numpy as np
from jaxtyping import Bool, Float

from tailprobe.errors import InputError
from tailprobe.scores.metric import Metric, Sample, register
from tailprobe.scores.ratio import ratio, ratio_influence


def brier(labels: Bool[np.ndarray, "N C"], scores: Float[np.ndarray, "N C"]) -> Float[np.ndarray, " C"]:
    """Mean squared distance of the score from the label, lower is better.

    For a rare class it is small whatever the head does; beside it stands that of always saying the class's frequency p,
    p (1 - p).

    Args:
        scores: probabilities.

    Returns:
        (C,) float64, equal to scikit-learn's `brier_score_loss`; defined without positives too. NaN without images.

    Raises:
        InputError: a score is not a probability.

    Source:
        Brier, Monthly Weather Review 1950 (half of his sum over both outcomes).

    >>> brier(np.array([[True], [False]]), np.array([[0.8], [0.4]])).round(3)
    array([0.1])
    """
    _check(scores)
    squares = (scores.astype(np.float64) - labels) ** 2
    return ratio(squares.sum(axis=0), np.full(labels.shape[1], len(labels)))


def expected_calibration_error(
    labels: Bool[np.ndarray, "N C"], scores: Float[np.ndarray, "N C"], *, bins: int = 15, equal_counts: bool = False
) -> Float[np.ndarray, " C"]:
    """How far, on average over the images, the frequency of a class lies from the mean score, bin by bin of the score.

    Args:
        scores: probabilities.
        bins: of equal width in [0, 1], each closed above, the first below too.
        equal_counts: bins of equally many images instead; of a rare class, whose scores crowd at 0, they show more.

    Returns:
        (C,) float64 in [0, 1], each class on its own against the rest (Nixon et al.'s static calibration error, before
        its mean over classes). NaN without positives: then any frequency is 0 and the error is the mean score.

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
        raise InputError("expected probabilities in [0, 1]; turn logits into them first")


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
