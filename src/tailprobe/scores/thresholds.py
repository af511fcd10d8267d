"""Thresholds: an image is predicted to carry a class where `score > threshold`.

A rule that uses labels is given the validation part, never the test part.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Bool, Float

from tailprobe.ranking import rank

Rule = Callable[[Bool[np.ndarray, "N C"], Float[np.ndarray, "N C"]], Float[np.ndarray, " C"]]


def decide(scores: Float[np.ndarray, "N C"], thresholds: Float[np.ndarray, " C"]) -> Bool[np.ndarray, "N C"]:
    """Return (N, C) decisions: True where the score is above the class's threshold, False where that is NaN."""
    return scores > thresholds


def fixed(labels: Bool[np.ndarray, "N C"], scores: Float[np.ndarray, "N C"], *, at: float) -> Float[np.ndarray, " C"]:
    """Return (C,) float64, the threshold `at` for every class, whatever the labels."""
    return np.full(labels.shape[1], at)


def tune_f_beta(
    labels: Bool[np.ndarray, "N C"], scores: Float[np.ndarray, "N C"], *, beta: float = 2.0
) -> Float[np.ndarray, " C"]:
    """Return the threshold of each class that maximises F-beta.

    A threshold is half-way between two neighbouring distinct scores, so equal scores stay together. The one below the
    lowest score, which predicts every image, is half that score (that score minus 1 if it is not positive). Of
    thresholds with the same F the highest is taken: the fewest images predicted.

    Args:
        labels, scores: (N, C), the validation part; scores are probabilities.
        beta: above 0.

    Returns:
        (C,) float64; NaN for a class without positives, which is then never predicted.

    Raises:
        InputError: a score is not finite, or there are no images.

    >>> labels = np.array([[1], [0], [1], [0]], dtype=bool)
    >>> tune_f_beta(labels, np.array([[0.8], [0.6], [0.4], [0.2]]))  # 5 * 2 / (3 + 4 * 2) is the best F2
    array([0.3])
    """
    ranked = rank(labels, scores)
    return ranked.threshold_of_highest(ranked.f_beta(beta))
