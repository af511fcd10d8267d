"""Metrics of decisions: which images each class is said to be on.

Every metric of a class without positives is NaN where positives are what it is about (recall, precision, F, balanced
accuracy): nothing a head could do would change it, and a zero would pass for a bad result. scikit-learn gives 0 there.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from tailprobe.scores.ratio import ratio


@dataclass(frozen=True, eq=False)
class Confusion:
    """The confusion counts of C classes over the same rows; each metric is a ratio of them."""

    hits: Int[np.ndarray, " C"]  # images that carry the class and are predicted to (true positives)
    predicted: Int[np.ndarray, " C"]  # images predicted to carry it
    support: Int[np.ndarray, " C"]  # images that carry it
    rows: int  # N

    @classmethod
    def count(cls, labels: Bool[np.ndarray, "N C"], decisions: Bool[np.ndarray, "N C"]) -> "Confusion":
        """Count N images, whether they carry a class and whether they are predicted to."""
        return cls(
            count_by_class(labels & decisions), count_by_class(decisions), count_by_class(labels), labels.shape[0]
        )

    def recall(self) -> Float[np.ndarray, " C"]:
        """Return TP / (TP + FN)."""
        return ratio(self.hits, self.support)

    def precision(self) -> Float[np.ndarray, " C"]:
        """Return TP / (TP + FP), 0 when nothing is predicted, NaN without positives."""
        return _where_carried(ratio(self.hits, np.maximum(self.predicted, 1)), self.support)

    def f_beta(self, beta: float) -> Float[np.ndarray, " C"]:
        """Return (1 + b^2) TP / (TP + FP + b^2 (TP + FN)), NaN without positives."""
        return ratio((1 + beta**2) * self.hits, _where_carried(self.predicted + beta**2 * self.support, self.support))

    def f1(self) -> Float[np.ndarray, " C"]:
        """Return F with precision and recall equally weighted."""
        return self.f_beta(1.0)

    def f2(self) -> Float[np.ndarray, " C"]:
        """Return F with recall weighted twice."""
        return self.f_beta(2.0)

    def binary_accuracy(self) -> Float[np.ndarray, " C"]:
        """Return (TP + TN) / N."""
        wrong = self.predicted + self.support - 2 * self.hits
        return ratio(self.rows - wrong, np.full_like(wrong, self.rows))

    def balanced_accuracy(self) -> Float[np.ndarray, " C"]:
        """Return the mean of recall and TN / (TN + FP), NaN without positives or without negatives."""
        negatives = self.rows - self.support
        specificity = ratio(negatives - (self.predicted - self.hits), negatives)
        balanced: Float[np.ndarray, " C"] = (self.recall() + specificity) / 2
        return balanced

    def negative_share(self) -> Float[np.ndarray, " C"]:
        """Return (TN + FN) / N."""
        return ratio(self.rows - self.predicted, np.full_like(self.predicted, self.rows))


def count_by_class(marked: Bool[np.ndarray, "N C"]) -> Int[np.ndarray, " C"]:
    """Return how many images are marked for each class; three times as fast as counting along the first axis."""
    return np.array([np.count_nonzero(column) for column in np.ascontiguousarray(marked.T)], dtype=np.int64)


def recall(labels: Bool[np.ndarray, "N C"], decisions: Bool[np.ndarray, "N C"]) -> Float[np.ndarray, " C"]:
    """Share of the images carrying a class that are predicted to: the paper's "accuracy on the class", as best read.

    Returns:
        (C,) float64; NaN for a class without positives.

    >>> labels = np.array([[1, 0], [1, 0], [0, 0]], dtype=bool)
    >>> recall(labels, np.array([[1, 0], [0, 0], [1, 0]], dtype=bool))
    array([0.5, nan])
    """
    return Confusion.count(labels, decisions).recall()


def precision(labels: Bool[np.ndarray, "N C"], decisions: Bool[np.ndarray, "N C"]) -> Float[np.ndarray, " C"]:
    """Share of the images predicted to carry a class that do.

    Returns:
        (C,) float64; 0 when nothing is predicted though there are positives (scikit-learn's `zero_division=0`: F is 0
        there too), NaN for a class without positives.
    """
    return Confusion.count(labels, decisions).precision()


def f_beta(
    labels: Bool[np.ndarray, "N C"], decisions: Bool[np.ndarray, "N C"], *, beta: float
) -> Float[np.ndarray, " C"]:
    """Weighted harmonic mean of precision and recall, recall counting `beta` times as much.

    Returns:
        (C,) float64; NaN for a class without positives.

    Source:
        van Rijsbergen, Information Retrieval, 1979, chapter 7.
    """
    return Confusion.count(labels, decisions).f_beta(beta)


def cost_saved(
    labels: Bool[np.ndarray, "N C"], decisions: Bool[np.ndarray, "N C"], *, missed: float, false_alarm: float
) -> Float[np.ndarray, " C"]:
    """Share of the cost of predicting nothing that decisions save; negative where they cost more.

    Args:
        missed: cost of a positive that is not predicted, above 0.
        false_alarm: cost of a negative that is.

    Returns:
        (C,) float64; NaN for a class without positives.

    >>> labels = np.array([[True], [True], [False]])
    >>> cost_saved(labels, np.array([[True], [False], [True]]), missed=4, false_alarm=1)
    array([0.375])
    """
    counted = Confusion.count(labels, decisions)
    saved = missed * counted.hits - false_alarm * (counted.predicted - counted.hits)
    return ratio(saved, missed * counted.support)


def f1(labels: Bool[np.ndarray, "N C"], decisions: Bool[np.ndarray, "N C"]) -> Float[np.ndarray, " C"]:
    """Harmonic mean of precision and recall, (C,) float64; NaN for a class without positives."""
    return Confusion.count(labels, decisions).f1()


def f2(labels: Bool[np.ndarray, "N C"], decisions: Bool[np.ndarray, "N C"]) -> Float[np.ndarray, " C"]:
    """F with recall counting twice as much as precision, (C,) float64; NaN for a class without positives."""
    return Confusion.count(labels, decisions).f2()


def binary_accuracy(labels: Bool[np.ndarray, "N C"], decisions: Bool[np.ndarray, "N C"]) -> Float[np.ndarray, " C"]:
    """Share of images decided rightly, (C,) float64; near 1 for every rare class, so read it beside `always_no`."""
    return Confusion.count(labels, decisions).binary_accuracy()


def balanced_accuracy(labels: Bool[np.ndarray, "N C"], decisions: Bool[np.ndarray, "N C"]) -> Float[np.ndarray, " C"]:
    """Mean of the shares of positives and of negatives decided rightly.

    Returns:
        (C,) float64; NaN for a class without positives or without negatives (scikit-learn averages over what is left).
    """
    return Confusion.count(labels, decisions).balanced_accuracy()


def negative_share(labels: Bool[np.ndarray, "N C"], decisions: Bool[np.ndarray, "N C"]) -> Float[np.ndarray, " C"]:
    """Share of images predicted negative, (TN + FN) / N, (C,) float64: what the authors' ADE20K "accuracies" are.

    It says nothing about being right; it is here so that their table can be compared with.
    """
    return Confusion.count(labels, decisions).negative_share()


def always_no(labels: Bool[np.ndarray, "N C"]) -> Float[np.ndarray, " C"]:
    """Binary accuracy of predicting "never": the share of images that do not carry the class, (C,) float64."""
    return Confusion.count(labels, np.zeros_like(labels)).binary_accuracy()


def support(labels: Bool[np.ndarray, "N C"]) -> Int[np.ndarray, " C"]:
    """Images that carry each class, (C,) int64."""
    return Confusion.count(labels, labels).support


def sample_f2(labels: Bool[np.ndarray, "N C"], decisions: Bool[np.ndarray, "N C"]) -> float:
    """F2 of each image's set of classes, averaged over images: the score of the Planet competition.

    An image that carries nothing and is predicted nothing scores 0, as in scikit-learn's
    `fbeta_score(average="samples", beta=2, zero_division=0)`.

    Returns:
        NaN without images.

    >>> sample_f2(np.array([[True, True, False]]), np.array([[True, False, False]]))  # 5 * 1 / (1 + 4 * 2)
    0.5555555555555556
    """
    if labels.shape[0] == 0:
        return float("nan")
    hits = np.count_nonzero(labels & decisions, axis=1)
    weights = np.count_nonzero(decisions, axis=1) + 4 * np.count_nonzero(labels, axis=1)
    return float(np.mean(5 * hits / np.maximum(weights, 1)))


def _where_carried(values: Float[np.ndarray, " C"], support: Int[np.ndarray, " C"]) -> Float[np.ndarray, " C"]:
    return np.where(support > 0, values, np.nan)
