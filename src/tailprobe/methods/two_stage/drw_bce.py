"""Deferred reweighting for binary cross-entropy: class weights in the last epochs only."""

from dataclasses import replace

from tailprobe.errors import InputError
from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import method
from tailprobe.methods.weighting.class_weights import class_weighted
from tailprobe.methods.weighting.effective_number import effective_number_weights


@method(
    "drw_bce",
    family="two-stage",
    source="Cao et al., NeurIPS 2019, section 3.2 (arXiv:1906.07413), each class against the rest",
    cites=("cao2019",),
    formula="w_c = (1 - beta) / (1 - beta^n_c) of binary cross-entropy in the last epochs only",
    example="drw_bce(0.9999)",
)
def drw_bce(train: TrainingSet, beta: float = 0.9999, start: float = 0.8) -> TrainingPlan:
    """Train by binary cross-entropy, then continue with the weights of `effective_number`.

    `drw` for multi-label images, for which softmax is not defined.

    Assumptions:
        Features are learned best from the original data, and the decision with weighted classes.

    When it helps:
        Weights from the start slow or disturb training.

    Traps:
        Only epochs of the second stage can be kept.

    Args:
        train: the training part.
        beta: of the weights, see `effective_number`.
        start: share of the epochs before weights begin, between 0 and 1.

    Raises:
        InputError: beta outside [0, 1), or start not between 0 and 1.
    """
    if not 0 < start < 1:
        raise InputError(f"drw_bce: expected a start between 0 and 1, not {start:g}")
    plain = TrainingPlan.of(train).stages[0]
    weighted = class_weighted(train, effective_number_weights(train.labels.counts, beta=beta)).stages[0]
    return TrainingPlan((replace(plain, share=start), replace(weighted, share=1 - start)))
