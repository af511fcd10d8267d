"""Logit-adjusted binary cross-entropy: the log odds of each class are added to its logit in training."""

from tailprobe.learners.loss import Loss, for_both_labels
from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.losses.class_prior import log_odds
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range


@method(
    "logit_adjusted_bce",
    family="loss",
    source="Menon et al., ICLR 2021, equation 10 (arXiv:2007.07314), for one class against the rest",
    cites=("menon2021",),
    formula="sigmoid of z_c + tau log(n_c / (T - n_c))",
    example="logit_adjusted_bce(1)",
)
def logit_adjusted_bce(train: TrainingSet, tau: float = 1.0) -> TrainingPlan:
    """Train by binary cross-entropy of z + tau log(n_c / (T - n_c)); the head is used without the shift.

    Plus in training; the correction after training, `logit_adjust`, is minus. At the minimum of the training loss a
    head whose output has a bias takes the shift into it, and equals `logit_adjust(tau)`: any further difference comes
    from where training starts and stops.

    Assumptions:
        Every class is carried by half of the images where the head is used (tau = 1).

    When it helps:
        Rare classes are predicted too seldom at a threshold of 0.5.

    Traps:
        Thresholds change and rankings hardly do; the opposite sign in training makes rare classes worse.

    Args:
        train: the training part.
        tau: 0 to 100; 0 is the baseline.

    Raises:
        InputError: tau outside that range.
    """
    check_range(tau, 0, 100, what="logit_adjusted_bce: tau")
    return TrainingPlan.of(train, Loss(shift=for_both_labels(tau * log_odds(train.labels), len(train.labels.classes))))
