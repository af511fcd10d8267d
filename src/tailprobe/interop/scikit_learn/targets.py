"""X and y as scikit-learn gives them: checked, and as labels."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float32, Int, Shaped
from sklearn.base import BaseEstimator
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import column_or_1d, validate_data

from tailprobe.interop.arrays import multi_labels, single_labels
from tailprobe.labels import Labels


@dataclass(frozen=True, eq=False)
class TrainingArrays:
    """Rows to fit to."""

    vectors: Float32[np.ndarray, "N D"]
    labels: Labels
    classes: Shaped[np.ndarray, " C"]  # as y has them; of an indicator matrix the numbers of its columns


def training_arrays(estimator: BaseEstimator, X: Any, y: Any) -> TrainingArrays:  # noqa: ANN401 - array-like
    """Return X and y as embeddings and labels; y is one class a row, or an indicator matrix of several.

    Raises:
        ValueError: X or y that cannot be used, or a single class.
    """
    rows, targets = validate_data(estimator, X, y, multi_output=True, dtype=[np.float64, np.float32])
    check_classification_targets(targets)
    vectors = np.ascontiguousarray(rows, dtype=np.float32)
    if type_of_target(targets) == "multilabel-indicator":
        return TrainingArrays(vectors, multi_labels(targets), np.arange(targets.shape[1]))
    classes, places = np.unique(column_or_1d(targets, warn=True), return_inverse=True)
    if len(classes) < 2:
        raise ValueError(f"y holds one class, {classes[0]!r}; expected two classes or more")
    return TrainingArrays(vectors, single_labels(places, classes), classes)


def held_out_rows(
    labels: Labels, share: float, rng: np.random.Generator
) -> tuple[Int[np.ndarray, " T"], Int[np.ndarray, " V"]]:
    """Return training and validation rows, rarest class first so that it has its share in both.

    All rows of a class with fewer than 1 / share rows are used for training. If nothing is held out, the training rows
    are used for validation, too.

    >>> labels = Labels.from_tags([["a"]] * 8 + [["b"]] * 4, kind="single-label")
    >>> train, validation = held_out_rows(labels, 0.25, np.random.default_rng(0))
    >>> labels.rows(train).counts.tolist(), labels.rows(validation).counts.tolist()
    ([6, 3], [2, 1])
    """
    groups = np.column_stack([labels.matrix, ~labels.matrix.any(axis=1)])
    held_out, dealt = np.zeros((2, len(labels)), dtype=bool)
    for group in np.argsort(groups.sum(axis=0), kind="stable"):
        members = np.flatnonzero(groups[:, group])
        wanted = int(share * len(members)) - int(held_out[members].sum())
        free = rng.permutation(members[~dealt[members]])
        held_out[free[: max(wanted, 0)]] = True
        dealt[members] = True
    train, validation = np.flatnonzero(~held_out), np.flatnonzero(held_out)
    return train, validation if len(validation) else train
