"""Thresholds: from scores to decisions, an image is predicted to carry a class when `score > threshold`.

A rule that looks at labels is given the validation part, never the test part.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Bool, Float, Int

from tailprobe.ranking import rank
from tailprobe.scores.decisions import predicted_negative_rate

Rule = Callable[[Bool[np.ndarray, "N C"], Float[np.ndarray, "N C"]], Float[np.ndarray, " C"]]


def decide(scores: Float[np.ndarray, "N C"], thresholds: Float[np.ndarray, " C"]) -> Bool[np.ndarray, "N C"]:
    """Predict where the score is above the class's threshold; never where the threshold is NaN."""
    return scores > thresholds


def fixed(labels: Bool[np.ndarray, "N C"], scores: Float[np.ndarray, "N C"], *, at: float) -> Float[np.ndarray, " C"]:
    """Return the same threshold for every class, whatever the labels."""
    return np.full(labels.shape[1], at)


def tune_f_beta(
    labels: Bool[np.ndarray, "N C"], scores: Float[np.ndarray, "N C"], *, beta: float = 2.0
) -> Float[np.ndarray, " C"]:
    """Maximise each class's F-beta over every threshold there is.

    A threshold lies half-way between two neighbouring distinct scores, so equal scores stay together. The one below the
    lowest score, which predicts every image, is half that score (one below it, if it is not positive). Of equally good
    thresholds the highest is taken: the fewest images predicted.

    Returns:
        (C,) float64; NaN for a class without positives: there is nothing to tune it by, and it is never predicted.

    Raises:
        InputError: a score is not finite, or there are no images.

    >>> labels = np.array([[1], [0], [1], [0]], dtype=bool)
    >>> tune_f_beta(labels, np.array([[0.8], [0.6], [0.4], [0.2]]))  # 5 * 2 / (3 + 4 * 2) is the best F2
    array([0.3])
    """
    ranked = rank(labels, scores)
    return ranked.threshold_of_highest(ranked.f_beta(beta))


def tune_sample_f2_grid(
    labels: Bool[np.ndarray, "N C"], scores: Float[np.ndarray, "N C"], *, start: float = 0.2
) -> Float[np.ndarray, " C"]:
    """Maximise the sample-wise F2 as the authors of the paper did, one class after the other on a grid.

    One pass over the classes in their order: with the other thresholds held (those not yet tuned at `start`), the class
    takes the grid point 0, 0.01, ..., 0.99 that gives the highest sample-wise F2, the lowest of equally good ones
    (within 1e-12, so that rounding decides nothing). The order of the classes matters.

    Source:
        The settings and the saved predictions that the authors published. The start 0.2 and the lowest of equals are
        inferred: with them all 140 published values come out, and neither with a start of 0 or 0.5 nor with the highest
        of equals. `>` is what their training code has at 0.2; `>=` would give the same 140.
    """
    grid = np.arange(100) / 100
    # Predicted at grid points 0 .. reach - 1: those below the score.
    reach = np.searchsorted(grid, scores.T.ravel(), side="left").reshape(scores.T.shape)  # (C, N)
    decisions = decide(scores, np.full(labels.shape[1], start))
    hits, predicted = (labels & decisions).sum(axis=1), decisions.sum(axis=1)
    carried = 4 * labels.sum(axis=1)
    thresholds = np.empty(labels.shape[1])
    for c, mine in enumerate(labels.T):
        hits, predicted = hits - (mine & decisions[:, c]), predicted - decisions[:, c]
        without = 5 * hits / np.maximum(predicted + carried, 1)
        gain = 5 * (hits + mine) / (predicted + 1 + carried) - without
        thresholds[c] = grid[_lowest_best(gain, reach[c], len(grid))]
        chosen = scores[:, c] > thresholds[c]
        hits, predicted = hits + (mine & chosen), predicted + chosen
    return thresholds


def authors_accuracy(labels: Bool[np.ndarray, "N C"], scores: Float[np.ndarray, "N C"]) -> Float[np.ndarray, " C"]:
    """Return what the authors published as "accuracy" on ADE20K: the share of images predicted negative.

    The thresholds are tuned on the very rows reported, as theirs were. For comparing with their table only.

    Returns:
        (C,) float64, (TN + FN) / N at the thresholds of `tune_sample_f2_grid`.
    """
    return predicted_negative_rate(labels, decide(scores, tune_sample_f2_grid(labels, scores)))


def _lowest_best(gain: Float[np.ndarray, " N"], reach: Int[np.ndarray, " N"], size: int) -> int:
    """Return the lowest grid point whose predicted images, those with `reach` above it, gain the most."""
    at_reach = np.bincount(reach, weights=gain, minlength=size + 1)
    gained = at_reach[::-1].cumsum()[::-1][1:]  # at grid point g: the images of reach g + 1 and more
    return int(np.argmax(gained >= gained.max() - 1e-12 * len(gain)))
