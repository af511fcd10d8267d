"""Balanced softmax: the class prior is added to the logits in training."""

from tailprobe.learners.loss import Loss, for_both
from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.losses.class_prior import log_prior
from tailprobe.methods.method import method


@method(
    "balanced_softmax",
    family="loss",
    kinds={"single-label"},
    link="softmax",
    source="Ren et al., NeurIPS 2020, equation 4",
    cites=("ren2020",),
    formula="softmax of z_c + log n_c",
    example="balanced_softmax",
)
def balanced_softmax(train: TrainingSet) -> TrainingPlan:
    """Train by softmax cross-entropy of the logits plus the log of each class's count.

    The head is used without the shift, so it is fitted to a test set in which every class is equally frequent. Equal to
    `logit_adjusted_loss(1)`.
    """
    return TrainingPlan.of(train, Loss("softmax", shift=for_both(log_prior(train.labels), len(train.labels.classes))))
