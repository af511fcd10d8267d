"""Vector-scaling loss: logits are scaled and shifted by class in training."""

import numpy as np

from tailprobe.learners.loss import Loss, for_both_labels
from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.losses.class_prior import log_prior
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range


@method(
    "vector_scaling",
    family="loss",
    kinds={"single-label"},
    link="softmax",
    source="Kini et al., NeurIPS 2021, equation 2 (VS-loss), with their parametrisation in section 2",
    cites=("kini2021",),
    formula="softmax of (n_c / n_max)^gamma z_c + tau log(prior_c)",
    example="vector_scaling(0.15, 1)",
)
def vector_scaling(train: TrainingSet, gamma: float = 0.15, tau: float = 1.0) -> TrainingPlan:
    """Train by softmax cross-entropy of (n_c / n_max)^gamma z_c + tau log(prior_c).

    The shift acts early in training, the scale once the training rows are separated.

    Assumptions:
        Every class is equally frequent among the test images, and rare classes need a larger margin.

    When it helps:
        The head separates its training rows, so that a shift alone no longer has an effect.

    Traps:
        Before the training rows are separated the scale has little effect; gamma slows the training of rare classes.

    Args:
        train: the training part.
        gamma: of the scale, 0 to 100; 0 leaves the logit-adjusted loss.
        tau: of the shift, 0 to 100.

    Raises:
        InputError: gamma or tau outside its range.
    """
    check_range(gamma, 0, 100, what="vector_scaling: gamma")
    check_range(tau, 0, 100, what="vector_scaling: tau")
    counts = np.maximum(train.labels.counts, 1)
    classes = len(counts)
    scale = for_both_labels((counts / counts.max()) ** gamma, classes)
    return TrainingPlan.of(
        train, Loss("softmax", scale=scale, shift=for_both_labels(tau * log_prior(train.labels), classes))
    )
