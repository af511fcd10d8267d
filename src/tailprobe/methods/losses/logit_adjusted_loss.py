"""Logit-adjusted loss: the class prior, scaled, is added to the logits in training."""

from tailprobe.learners.loss import Loss, for_both_labels
from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.losses.class_prior import log_prior
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range


@method(
    "logit_adjusted_loss",
    family="loss",
    kinds={"single-label"},
    link="softmax",
    source="Menon et al., ICLR 2021, equation 10",
    cites=("menon2021",),
    formula="softmax of z_c + tau log(prior_c)",
    example="logit_adjusted_loss(1)",
)
def logit_adjusted_loss(train: TrainingSet, tau: float = 1.0) -> TrainingPlan:
    """Train by softmax cross-entropy of z + tau log(prior); the head is used without the shift.

    Plus in training; the correction after training, `logit_adjust`, is minus.

    Assumptions:
        Every class is equally frequent among the test images (tau = 1).

    When it helps:
        Argmax accuracy on balanced test classes.

    Traps:
        A reference library subtracts in training and so has the wrong sign; on test images distributed as the training
        images its argmax accuracy falls.

    Args:
        train: the training part.
        tau: 0 to 100; 0 is the softmax baseline, 1 balanced softmax.

    Raises:
        InputError: tau outside that range.
    """
    check_range(tau, 0, 100, what="logit_adjusted_loss: tau")
    shift = for_both_labels(tau * log_prior(train.labels), len(train.labels.classes))
    return TrainingPlan.of(train, Loss("softmax", shift=shift))
