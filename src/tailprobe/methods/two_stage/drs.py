"""Deferred resampling: class-balanced rows in the last epochs only."""

import numpy as np

from tailprobe.errors import InputError
from tailprobe.learners.plan import Stage, TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import method
from tailprobe.methods.resampling.class_shares import groups_of, power_shares, rows_by_share


@method(
    "drs",
    family="two-stage",
    source="Cao et al., NeurIPS 2019, section 3.2 (arXiv:1906.07413), resampling",
    cites=("cao2019",),
    formula="rows_c equal for all classes in the last epochs only",
    example="drs(0.8)",
)
def drs(train: TrainingSet, start: float = 0.8) -> TrainingPlan:
    """Train on the original data, then continue with the rows of `class_balanced`.

    The hidden layer is learned from all images, before images of rare classes are repeated. Composed with `softmax` it
    is the authors' method but for the learning rate, which they lower where the second stage begins.

    Assumptions:
        Features are learned best from the original data, and the decision from balanced rows.

    When it helps:
        Class-balanced rows from the start overfit.

    Traps:
        Only epochs of the second stage can be kept; both stages need enough epochs.

    Args:
        train: the training part.
        start: share of the epochs before balanced rows begin, between 0 and 1.

    Raises:
        InputError: a start not between 0 and 1.
    """
    if not 0 < start < 1:
        raise InputError(f"drs: expected a start between 0 and 1, not {start:g}")
    groups = groups_of(train)
    balanced = rows_by_share(groups, power_shares(groups, 0.0), train.rng)
    first = Stage(np.arange(len(train)), share=start)
    return TrainingPlan((first, Stage(balanced, draws=len(train), share=1 - start)))
