"""Deferred reweighting: class weights in the last epochs only."""

import numpy as np

from tailprobe.errors import InputError
from tailprobe.learners.loss import Loss, for_both_labels
from tailprobe.learners.plan import Stage, TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import method
from tailprobe.methods.weighting.effective_number import effective_number_weights


@method(
    "drw",
    family="two-stage",
    kinds={"single-label"},
    link="softmax",
    source="Cao et al., NeurIPS 2019, section 3.2",
    cites=("cao2019",),
    formula="w_c = (1 - beta) / (1 - beta^n_c) in the last epochs only",
    example="drw(0.9999)",
)
def drw(train: TrainingSet, beta: float = 0.9999, start: float = 0.8) -> TrainingPlan:
    """Train by softmax cross-entropy, then continue with classes weighted by their effective number.

    The authors lower the learning rate where the second stage begins; here it follows the recipe.

    Assumptions:
        Features are learned best from the original data, and the decision with weighted classes.

    When it helps:
        Weights from the start slow or disturb training.

    Traps:
        Only epochs of the second stage can be kept; the authors' code fixes epoch 160 of 200 for the start, whatever
        the number of epochs.

    Args:
        train: the training part.
        beta: of the weights, see `effective_number`.
        start: share of the epochs before weights begin, between 0 and 1.

    Raises:
        InputError: beta outside [0, 1), or start not between 0 and 1.
    """
    if not 0 < start < 1:
        raise InputError(f"drw: expected a start between 0 and 1, not {start:g}")
    weights = for_both_labels(effective_number_weights(train.labels.counts, beta=beta), len(train.labels.classes))
    rows = np.arange(len(train))
    return TrainingPlan(
        (Stage(rows, Loss("softmax"), share=start), Stage(rows, Loss("softmax", weight=weights), share=1 - start))
    )
