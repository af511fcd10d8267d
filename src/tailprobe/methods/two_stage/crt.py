"""Classifier retraining: the output layer is trained again, from new weights, on class-balanced rows."""

import numpy as np
from jaxtyping import Int

from tailprobe.errors import InputError
from tailprobe.learners.loss import Loss
from tailprobe.learners.plan import Stage, TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import method


@method(
    "crt",
    family="two-stage",
    kinds={"single-label"},
    link="softmax",
    source="Kang et al., ICLR 2020, section 4.1",
    cites=("kang2020",),
    formula="the output layer trained again from new weights, rows_c equal for all classes",
    example="crt",
)
def crt(train: TrainingSet, share: float = 0.5) -> TrainingPlan:
    """Train the head on the original data, then its output layer from a new initialisation, on class-balanced rows.

    The second stage draws as many rows per epoch as there are training rows, each class equally often; the hidden layer
    keeps the weights of the first stage.

    Assumptions:
        The features of the hidden layer are good and only the output layer is biased.

    When it helps:
        Frequent classes dominate the decisions of the output layer.

    Traps:
        On a linear head it is only balanced training; both stages need enough epochs; only epochs of the second stage
        can be kept.

    Args:
        train: the training part.
        share: of the epochs for the second stage, between 0 and 1.

    Raises:
        InputError: a share not between 0 and 1.
    """
    if not 0 < share < 1:
        raise InputError(f"crt: expected a share between 0 and 1, not {share:g}")
    first = Stage(np.arange(len(train)), Loss("softmax"), share=1 - share)
    balanced = class_balanced_rows(train)
    second = Stage(balanced, Loss("softmax"), share=share, trains="output", restart_output=True)
    return TrainingPlan((first, second))


def class_balanced_rows(train: TrainingSet) -> Int[np.ndarray, " M"]:
    """Return about T rows, the same number for each class that has any; a class's rows are repeated in turn.

    Every row of a class is drawn n times before any is drawn n + 1 times, so the images of a rare class are equally
    frequent.
    """
    present = [np.flatnonzero(column) for column in train.labels.matrix.T if column.any()]
    each = -(-len(train) // len(present))
    return np.concatenate([np.resize(train.rng.permutation(rows), each) for rows in present])
