"""Calibration error of all classes together, and of the highest score of single-label images."""

import numpy as np
from jaxtyping import Bool, Float

from tailprobe.scores.head_metric import HeadMetric, register_head_metric
from tailprobe.scores.metrics.calibration import expected_calibration_error


def pooled_calibration_error(
    labels: Bool[np.ndarray, "N C"],
    scores: Float[np.ndarray, "N C"],
    *,
    known: Bool[np.ndarray, "N C"] | None = None,
    bins: int = 15,
) -> float:
    """Return the expected calibration error of all N C scores in one set of bins, by whether the image has the class.

    Most scores of a long-tailed collection are near 0, so it is small; opposite errors of two classes cancel, which
    they do not in the mean of `expected_calibration_error` over classes.

    Args:
        labels: (N, C) bool.
        scores: (N, C) probabilities.
        known: (N, C), which labels are known; None: all.
        bins: number of bins of equal width in [0, 1].

    Returns:
        In [0, 1]; NaN where no image has a class.

    Raises:
        InputError: a score is not a probability, or fewer than one bin.

    >>> labels = np.array([[True, False], [False, True]])  # of the scores 0.8 half are right, of the scores 0.2 too
    >>> round(pooled_calibration_error(labels, np.array([[0.8, 0.2], [0.8, 0.2]])), 3)
    0.3
    """
    kept = np.ones(labels.shape, dtype=bool) if known is None else known
    return float(expected_calibration_error(labels[kept][:, None], scores[kept][:, None], bins=bins)[0])


def top1_calibration_error(
    labels: Bool[np.ndarray, "N C"], scores: Float[np.ndarray, "N C"], *, bins: int = 15
) -> float:
    """Return the expected calibration error of each image's highest score, by whether its class is the image's.

    Args:
        labels: (N, C) bool, one class a row.
        scores: (N, C) probabilities; of a tie the first class counts.
        bins: number of bins of equal width in [0, 1].

    Returns:
        In [0, 1]; the confidence itself where no image is right.

    Raises:
        InputError: a score is not a probability, or fewer than one bin.

    Source:
        Guo et al., On calibration of modern neural networks, ICML 2017, equation 3.

    >>> top1_calibration_error(np.array([[True, False], [False, True]]), np.array([[0.75, 0.25], [0.75, 0.25]]))
    0.25
    """
    highest = scores.argmax(axis=1)[:, None]
    confidence = np.take_along_axis(scores, highest, axis=1)
    right = np.take_along_axis(labels, highest, axis=1)
    if not right.any():  # undefined for a class without positives; here it means that all confidence is misplaced
        return float(confidence.mean())
    return float(expected_calibration_error(right, confidence, bins=bins)[0])


register_head_metric(
    HeadMetric(
        "pooled_calibration_error",
        "calibration error of all scores",
        lambda sample: pooled_calibration_error(sample.labels, sample.scores, known=sample.known),
        better="lower",
    )
)
register_head_metric(
    HeadMetric(
        "top1_calibration_error",
        "calibration error of the highest score",
        lambda sample: top1_calibration_error(sample.where_known(sample.labels), sample.scores),
        better="lower",
        single_label=True,
    )
)
