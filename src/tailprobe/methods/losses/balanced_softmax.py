"""Balanced softmax: the class prior is added to the logits in training."""

from tailprobe.learners.loss import Loss, for_both_labels
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

    Loss: -log softmax(z + log n)_y. The head is used without the shift. Equal to `logit_adjusted_loss(1)`.

    Assumptions:
        Every class is equally frequent among the test images.

    When it helps:
        Argmax accuracy on balanced test classes.

    Traps:
        On test images distributed as the training images its argmax accuracy falls; a library that subtracts log n in
        training has the wrong sign.

    Args:
        train: the training part.
    """
    return TrainingPlan.of(
        train, Loss("softmax", shift=for_both_labels(log_prior(train.labels), len(train.labels.classes)))
    )
