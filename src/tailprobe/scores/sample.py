"""Sample: the labels and one head's scores of the images that a metric is taken of."""

from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float, Int

from tailprobe.errors import InputError
from tailprobe.ranking import RankedPositives, rank
from tailprobe.scores.decisions import Confusion


class Sample:
    """The labels of the N images of one part and one head's scores; what several metrics need is computed once.

    >>> sample = Sample(np.array([[True], [False]]), np.array([[0.9], [0.6]]), thresholds=np.array([0.5]))
    >>> sample.decisions.ravel().tolist(), sample.confusion.true_positives.tolist()
    ([True, True], [1])
    """

    def __init__(
        self,
        labels: Bool[np.ndarray, "N C"],
        scores: Float[np.ndarray, "N C"],
        thresholds: Float[np.ndarray, " C"] | None = None,
        known: Bool[np.ndarray, "N C"] | None = None,
    ) -> None:
        """Take the data of one part.

        Args:
            labels: (N, C).
            scores: (N, C) probabilities.
            thresholds: (C,) for metrics of decisions; NaN for a class that has none.
            known: (N, C), which labels are known; a metric is then computed by class, see `by_class`. None: all.
        """
        self.labels, self.scores, self._thresholds, self.known = labels, scores, thresholds, known

    @cached_property
    def by_class(self) -> list[tuple[Int[np.ndarray, " K"], "Sample"]]:
        """For each class, the rows whose label is known, and a sample of these rows and that class alone."""
        known = np.ones(self.labels.shape, dtype=bool) if self.known is None else self.known
        rows = [np.flatnonzero(column) for column in known.T]
        return [(kept, self._of_class(c, kept)) for c, kept in enumerate(rows)]

    def _of_class(self, c: int, rows: Int[np.ndarray, " K"]) -> "Sample":
        thresholds = None if self._thresholds is None else self._thresholds[c : c + 1]
        return Sample(self.labels[rows, c : c + 1], self.scores[rows, c : c + 1], thresholds)

    def where_known(self, marked: Bool[np.ndarray, "N C"]) -> Bool[np.ndarray, "N C"]:
        """Return (N, C): what is marked, without images whose label of the class is not known."""
        return marked if self.known is None else marked & self.known

    @cached_property
    def ranked(self) -> RankedPositives:
        """The ranking of the images; raises as `rank`."""
        return rank(self.labels, self.scores, self.known)

    @property
    def thresholds(self) -> Float[np.ndarray, " C"]:
        """(C,) the thresholds.

        Raises:
            InputError: there are none.
        """
        if self._thresholds is None:
            raise InputError("a metric of decisions needs thresholds; give those of its rule")
        return self._thresholds

    @cached_property
    def decisions(self) -> Bool[np.ndarray, "N C"]:
        """(N, C): predicted where the score is above the threshold; never where that is NaN."""
        return self.scores > self.thresholds

    @cached_property
    def confusion(self) -> Confusion:
        """The decisions, counted."""
        return Confusion.count(self.labels, self.decisions)
