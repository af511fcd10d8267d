"""What a fitted head answers, in the terms of scikit-learn's classifiers."""

from typing import Any

import numpy as np
from jaxtyping import Float, Float32, Float64, Shaped
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from tailprobe.learners.head import Head
from tailprobe.scores.link import log_probabilities

_ROWS = 256


class HeadClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A classifier whose fit leaves a head; y is one class a row, or an indicator matrix.

    Attributes:
        head_: the fitted head, of whatever kind.
        classes_: (C,) the classes; of an indicator matrix the numbers of its columns.
        thresholds_: (C,) probabilities above which a class of several is predicted; None for one class a row.
    """

    head_: Head
    classes_: Shaped[np.ndarray, " C"]
    thresholds_: Float64[np.ndarray, " C"] | None

    def predict(self, X: Any) -> Shaped[np.ndarray, "N ..."]:  # noqa: ANN401 - array-like
        """Return the most probable class of each row, (N,); of several a row (N, C), 1 above the threshold."""
        logs = self._log_probabilities(X)
        if self.thresholds_ is None:
            return self.classes_[logs.argmax(axis=1)]
        return (np.exp(logs) > self.thresholds_).astype(np.int64)

    def predict_proba(self, X: Any) -> Float64[np.ndarray, "N C"]:  # noqa: ANN401 - array-like
        """Return (N, C) probabilities; of one class a row those of a sigmoid head are divided by their sum."""
        return np.exp(self._log_probabilities(X))

    def decision_function(self, X: Any) -> Float64[np.ndarray, "N ..."]:  # noqa: ANN401 - array-like
        """Return (N, C) log probabilities; of two classes log odds of the second, (N,); of several a row log odds."""
        logs = self._log_probabilities(X)
        if self.thresholds_ is not None:
            return logs - np.log(-np.expm1(np.minimum(logs, -1e-16)))
        return logs[:, 1] - logs[:, 0] if len(self.classes_) == 2 else logs

    def _log_probabilities(self, X: Any) -> Float64[np.ndarray, "N C"]:  # noqa: ANN401 - array-like
        check_is_fitted(self)
        rows = validate_data(self, X, reset=False, dtype=[np.float64, np.float32])
        logs = log_probabilities(logits_in_blocks(self.head_, rows.astype(np.float32)), self.head_.link)
        if self.thresholds_ is not None:
            return logs
        return logs - np.logaddexp.reduce(logs, axis=1, keepdims=True)

    def __sklearn_tags__(self) -> Any:  # noqa: ANN401 - a class of scikit-learn
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags


def logits_in_blocks(head: Head, vectors: Float32[np.ndarray, "N D"]) -> Float[np.ndarray, "N C"]:
    """Return a head's logits, computed in blocks of one size.

    A matrix product of another number of rows is rounded otherwise; so a row's logits do not depend on its neighbours.
    """
    blocks = range(0, len(vectors), _ROWS)
    return np.concatenate([_padded(head, vectors[first : first + _ROWS]) for first in blocks])


def _padded(head: Head, block: Float32[np.ndarray, "B D"]) -> Float[np.ndarray, "B C"]:
    return head.logits(np.pad(block, ((0, _ROWS - len(block)), (0, 0))))[: len(block)]
