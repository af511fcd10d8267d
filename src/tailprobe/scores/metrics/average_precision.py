"""Average precision: the area under the precision-recall curve, not interpolated."""

import numpy as np
from jaxtyping import Bool, Float

from tailprobe.ranking import RankedPositives, rank
from tailprobe.scores.metric import Metric, Sample, register


def average_precision(labels: Bool[np.ndarray, "N C"], scores: Float[np.ndarray, "N C"]) -> Float[np.ndarray, " C"]:
    """Precision averaged over the steps of recall: sum over distinct scores of (R_g - R_{g-1}) P_g, not interpolated.

    Args:
        labels: (N, C) bool.
        scores: (N, C), higher is more likely; of softmax heads probabilities, never logits.

    Returns:
        (C,) float64 in [0, 1], equal to scikit-learn's `average_precision_score`; NaN for a class without positives,
        where scikit-learn gives 0.

    Raises:
        InputError: a score is not finite, or there are no images.

    >>> scores = np.array([[0.9], [0.4], [0.4], [0.1]], dtype=np.float32)
    >>> average_precision(np.array([[1], [1], [0], [0]], dtype=bool), scores)  # 1/2 * 1 + 1/2 * 2/3
    array([0.83333333])
    """
    return average_precision_of(rank(labels, scores))


def average_precision_of(ranked: RankedPositives) -> Float[np.ndarray, " C"]:
    """Return `average_precision` of images already ranked."""
    return ranked.average_precision()


def average_precision_influence(sample: Sample, value: Float[np.ndarray, " C"]) -> Float[np.ndarray, "N C"]:
    """Return (N, C) float64, each image's influence on average precision; images of equal score are one step.

    With weights w of the images, H the weight of the positives and R that of all images at a positive's score or above,
    and W that of all positives, AP = (sum over positives of w H / R) / W. An image adds to H and R of every positive at
    its score or below:

        u_j = (y_j (P_j - AP + sum_{p <= j} 1/R_p) - sum_{p <= j} H_p/R_p^2) / W

    >>> sample = Sample(np.array([[True], [False]]), np.array([[0.2], [0.7]]))
    >>> average_precision_influence(sample, np.array([0.5])).ravel()  # AP = w0 / (w0 + w1)
    array([ 0.25, -0.25])
    """
    influence = np.zeros(sample.labels.shape)
    ranked = sample.ranked
    for c in np.flatnonzero(ranked.support).tolist():
        steps = ranked.of_class(c)
        positives, images = ranked.new_positives[steps], ranked.predicted_positives[steps]
        precision = ranked.true_positives[steps] / images
        at = ranked.first_at_or_below(c, sample.scores[:, c])
        own = np.append(precision, 0)[at] - value[c] + _reversed_cumsum(positives / images)[at]
        lost = _reversed_cumsum(positives * precision / images)[at]
        influence[:, c] = (sample.labels[:, c] * own - lost) / ranked.support[c]
    return influence


def _reversed_cumsum(values: Float[np.ndarray, " G"]) -> Float[np.ndarray, " G1"]:
    """Return the sum over each step and those below it, and a last 0 for scores below all steps."""
    return np.append(np.cumsum(values[::-1])[::-1], 0)


register(
    Metric(
        "average_precision",
        "average precision",
        lambda sample: average_precision_of(sample.ranked),
        average_precision_influence,
    )
)
