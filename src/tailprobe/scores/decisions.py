"""Decisions and their confusion counts: which images each class is predicted for, and ratios of the counts.

For a class without positives recall, precision, F and balanced accuracy are NaN: no head could change them, and a zero
would look like a bad result. scikit-learn gives 0 there.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float, Int

from tailprobe.scores.ratio import ratio, ratio_influence


@dataclass(frozen=True, eq=False)
class Confusion:
    """The confusion counts of C classes."""

    true_positives: Int[np.ndarray, " C"]  # images that carry the class and are predicted to
    predicted_positives: Int[np.ndarray, " C"]  # images predicted to carry it
    support: Int[np.ndarray, " C"]  # images that carry it
    rows: int | Int[np.ndarray, " C"]  # N, or how many images' label is known

    @classmethod
    def count(
        cls,
        labels: Bool[np.ndarray, "N C"],
        decisions: Bool[np.ndarray, "N C"],
        known: Bool[np.ndarray, "N C"] | None = None,
    ) -> "Confusion":
        """Count N images by label and decision; where labels are unknown, only those whose label is known."""
        if known is not None:
            labels, decisions = labels & known, decisions & known
        rows = labels.shape[0] if known is None else count_by_class(known)
        return cls(count_by_class(labels & decisions), count_by_class(decisions), count_by_class(labels), rows)

    @cached_property
    def cells(self) -> Float[np.ndarray, "4 C"]:
        """(4, C) float64: true positives, false positives, false negatives and true negatives."""
        false_positives = self.predicted_positives - self.true_positives
        false_negatives = self.support - self.true_positives
        true_negatives = self.rows - self.support - false_positives
        return np.stack([self.true_positives, false_positives, false_negatives, true_negatives]).astype(np.float64)


Cells = tuple[float, float, float, float]  # of a true positive, false positive, false negative, true negative


@dataclass(frozen=True)
class CellRatio:
    """A ratio of two linear combinations of the confusion counts.

    Recall is TP / (TP + FN): part (1, 0, 0, 0), whole (1, 0, 1, 0). So a metric's value and the influence of each image
    on it have one definition.
    """

    part: Cells
    whole: Cells
    about_positives: bool = True  # NaN for a class without positives
    empty: float = np.nan  # the value where the whole is 0 though there are positives

    def value(self, counted: Confusion) -> Float[np.ndarray, " C"]:
        """Return (C,) float64, the ratio of each class."""
        whole = np.array(self.whole) @ counted.cells
        values = np.where(whole > 0, ratio(np.array(self.part) @ counted.cells, whole), self.empty)
        return np.where(counted.support > 0, values, np.nan) if self.about_positives else values

    def influence(
        self, labels: Bool[np.ndarray, "N C"], decisions: Bool[np.ndarray, "N C"], value: Float[np.ndarray, " C"]
    ) -> Float[np.ndarray, "N C"]:
        """Return (N, C) float64, each image's influence on the ratio; see `ratio_influence`."""
        cell = np.where(labels, np.where(decisions, 0, 2), np.where(decisions, 1, 3))
        part, whole = np.array(self.part, dtype=np.float64), np.array(self.whole, dtype=np.float64)
        return ratio_influence(part[cell], whole[cell], value)


RECALL = CellRatio((1, 0, 0, 0), (1, 0, 1, 0))
SPECIFICITY = CellRatio((0, 0, 0, 1), (0, 1, 0, 1), about_positives=False)
PRECISION = CellRatio((1, 0, 0, 0), (1, 1, 0, 0), empty=0.0)
BINARY_ACCURACY = CellRatio((1, 0, 0, 1), (1, 1, 1, 1), about_positives=False)
PREDICTED_NEGATIVE_RATE = CellRatio((0, 0, 1, 1), (1, 1, 1, 1), about_positives=False)


def f_beta_ratio(beta: float) -> CellRatio:
    """Return F-beta, (1 + b^2) TP / ((1 + b^2) TP + FP + b^2 FN)."""
    return CellRatio((1 + beta**2, 0, 0, 0), (1 + beta**2, 1, beta**2, 0))


def count_by_class(marked: Bool[np.ndarray, "N C"]) -> Int[np.ndarray, " C"]:
    """Return (C,) int64, the number of images marked for each class; faster than a sum along the first axis."""
    return np.array([np.count_nonzero(column) for column in np.ascontiguousarray(marked.T)], dtype=np.int64)


def recall(labels: Bool[np.ndarray, "N C"], decisions: Bool[np.ndarray, "N C"]) -> Float[np.ndarray, " C"]:
    """Share of the images carrying a class that are predicted to: most likely the paper's "accuracy on the class".

    Args:
        labels, decisions: (N, C) bool.

    Returns:
        (C,) float64; NaN for a class without positives.

    >>> labels = np.array([[1, 0], [1, 0], [0, 0]], dtype=bool)
    >>> recall(labels, np.array([[1, 0], [0, 0], [1, 0]], dtype=bool))
    array([0.5, nan])
    """
    return RECALL.value(Confusion.count(labels, decisions))


def precision(labels: Bool[np.ndarray, "N C"], decisions: Bool[np.ndarray, "N C"]) -> Float[np.ndarray, " C"]:
    """Share of the images predicted to carry a class that do.

    Args:
        labels, decisions: (N, C) bool.

    Returns:
        (C,) float64; 0 if no image is predicted although there are positives (scikit-learn's `zero_division=0`; F is
        0 there too), NaN for a class without positives.

    >>> labels = np.array([[True], [True], [False]])
    >>> precision(labels, np.array([[True], [False], [True]]))
    array([0.5])
    """
    return PRECISION.value(Confusion.count(labels, decisions))


def f_beta(
    labels: Bool[np.ndarray, "N C"], decisions: Bool[np.ndarray, "N C"], *, beta: float
) -> Float[np.ndarray, " C"]:
    """Weighted harmonic mean of precision and recall, with recall `beta` times as important.

    Args:
        labels, decisions: (N, C) bool.
        beta: above 0.

    Returns:
        (C,) float64; NaN for a class without positives.

    Source:
        van Rijsbergen, Information Retrieval, 1979, chapter 7.

    >>> labels = np.array([[True], [True], [False]])
    >>> f_beta(labels, np.array([[True], [False], [False]]), beta=1).round(3)  # precision 1, recall 1/2
    array([0.667])
    """
    return f_beta_ratio(beta).value(Confusion.count(labels, decisions))


def relative_cost_saving(
    labels: Bool[np.ndarray, "N C"], decisions: Bool[np.ndarray, "N C"], *, missed: float, false_alarm: float
) -> Float[np.ndarray, " C"]:
    """Share of the cost of predicting nothing that decisions save; negative where they cost more.

    Args:
        labels, decisions: (N, C) bool.
        missed: cost of a positive that is not predicted, above 0.
        false_alarm: cost of a negative that is.

    Returns:
        (C,) float64; NaN for a class without positives.

    >>> labels = np.array([[True], [True], [False]])
    >>> relative_cost_saving(labels, np.array([[True], [False], [True]]), missed=4, false_alarm=1)
    array([0.375])
    """
    saving = CellRatio((missed, -false_alarm, 0, 0), (missed, 0, missed, 0))
    return saving.value(Confusion.count(labels, decisions))


def binary_accuracy(labels: Bool[np.ndarray, "N C"], decisions: Bool[np.ndarray, "N C"]) -> Float[np.ndarray, " C"]:
    """Share of correct decisions, (C,) float64; near 1 for every rare class, see `all_negative_accuracy`."""
    return BINARY_ACCURACY.value(Confusion.count(labels, decisions))


def balanced_accuracy(labels: Bool[np.ndarray, "N C"], decisions: Bool[np.ndarray, "N C"]) -> Float[np.ndarray, " C"]:
    """Mean of the shares of correct decisions among positives and among negatives: recall and specificity.

    Returns:
        (C,) float64; NaN for a class without positives or negatives (scikit-learn then uses only the other rate).
    """
    counted = Confusion.count(labels, decisions)
    balanced: Float[np.ndarray, " C"] = (RECALL.value(counted) + SPECIFICITY.value(counted)) / 2
    return balanced


def predicted_negative_rate(
    labels: Bool[np.ndarray, "N C"], decisions: Bool[np.ndarray, "N C"]
) -> Float[np.ndarray, " C"]:
    """Share of images predicted negative, (TN + FN) / N, (C,) float64: the authors' ADE20K "accuracies".

    It does not depend on the labels; it exists for a comparison with their table.
    """
    return PREDICTED_NEGATIVE_RATE.value(Confusion.count(labels, decisions))


def all_negative_accuracy(
    labels: Bool[np.ndarray, "N C"], known: Bool[np.ndarray, "N C"] | None = None
) -> Float[np.ndarray, " C"]:
    """Binary accuracy of predicting no image positive, (C,) float64: the share of images without the class."""
    return BINARY_ACCURACY.value(Confusion.count(labels, np.zeros_like(labels), known))


def sample_f2(labels: Bool[np.ndarray, "N C"], decisions: Bool[np.ndarray, "N C"]) -> float:
    """F2 of each image's set of classes, averaged over images: the score of the Planet competition.

    An image without a class and without a prediction scores 0, as in scikit-learn's
    `fbeta_score(average="samples", beta=2, zero_division=0)`.

    Returns:
        NaN without images.

    >>> sample_f2(np.array([[True, True, False]]), np.array([[True, False, False]]))  # 5 * 1 / (1 + 4 * 2)
    0.5555555555555556
    """
    if labels.shape[0] == 0:
        return float("nan")
    true_positives = np.count_nonzero(labels & decisions, axis=1)
    weights = np.count_nonzero(decisions, axis=1) + 4 * np.count_nonzero(labels, axis=1)
    return float(np.mean(5 * true_positives / np.maximum(weights, 1)))
