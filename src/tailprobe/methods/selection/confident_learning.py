"""Confident learning: labels that a first head confidently contradicts are left out of the loss."""

import numpy as np
from jaxtyping import Bool, Float

from tailprobe.learners.plan import Stage, TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range
from tailprobe.methods.selection.nested_scores import out_of_fold


@method(
    "confident_learning",
    family="selection",
    needs={"embeddings"},
    source="Northcutt et al., JAIR 2021, section 3.1 (doi:10.1613/jair.1.12125), off the confident joint's diagonal",
    cites=("northcutt2021",),
    formula="labels left out where, of the classes with p_c >= t_c, another is most probable; t_c the mean of "
    "p_c over class c",
    example="confident_learning(5)",
)
def confident_learning(train: TrainingSet, folds: int = 5, *, protect: bool = True) -> TrainingPlan:
    """Leave out the labels off the diagonal of the confident joint of a logistic regression.

    t_c is the mean out-of-fold probability of class c among its images. Single-label: an image is dropped if, of the
    classes whose probability reaches their t_c, the most probable is not its own. Multi-label: each class is such a
    problem of two sides, and only the loss term of that image and class is left out. `protect` keeps every image or
    term that carries a low-frequency class.

    Assumptions:
        Label errors depend on the class and not on the image.

    When it helps:
        Labels are noisy and the first head is good.

    Traps:
        A head knows rare classes least, so that correct labels of rare classes look wrong; the authors' own package
        warns of it, hence `protect`.

    Args:
        train: the training part; folds are drawn from the seed of its repeat, the same for all methods.
        folds: 2 to 20.
        protect: whether positives of low-frequency classes are kept in any case.

    Raises:
        InputError: folds outside that range.
    """
    check_range(folds, 2, 20, what="confident_learning: folds")
    p, matrix = out_of_fold(train, folds), train.labels.matrix
    guarded = matrix & train.low_frequency if protect else np.zeros_like(matrix)
    if train.labels.kind == "single-label":
        kept = ~contradicted(p, matrix) | guarded.any(axis=1)
        return TrainingPlan((Stage(np.flatnonzero(kept)),)) if kept.any() else TrainingPlan.of(train)
    wrong = np.column_stack(
        [
            contradicted(np.stack([1 - q, q], axis=1), np.stack([~y, y], axis=1))
            for q, y in zip(p.T, matrix.T, strict=True)
        ]
    )
    return TrainingPlan((Stage(np.arange(len(train)), row_weights=np.where(wrong & ~guarded, 0.0, 1.0)),))


def contradicted(p: Float[np.ndarray, "T C"], labels: Bool[np.ndarray, "T C"]) -> Bool[np.ndarray, " T"]:
    """Return (T,) bool, which rows the confident joint assigns to another class than their own.

    No row is assigned to a class without rows.
    """
    counts = labels.sum(axis=0)
    threshold = np.where(counts > 0, (p * labels).sum(axis=0) / np.maximum(counts, 1), np.inf)
    confident = p >= threshold
    best = np.where(confident, p, -1).argmax(axis=1)
    return confident.any(axis=1) & ~labels[np.arange(len(p)), best]
