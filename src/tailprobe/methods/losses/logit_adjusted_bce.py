"""Logit-adjusted binary cross-entropy: the log odds of each class are added to its logit in training."""

from tailprobe.learners.loss import Loss, for_both
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

    Plus in training; the correction after training, `logit_adjust`, is minus. A head whose output has a bias can take
    the shift into the bias, so at the minimum of the training loss it is `logit_adjust(tau)`: what it changes beyond
    thresholds comes from where training starts and stops.

    Args:
        train: the training part.
        tau: 0 to 100; 0 is the baseline.

    Raises:
        InputError: tau outside that range.
    """
    check_range(tau, 0, 100, what="logit_adjusted_bce: tau")
    return TrainingPlan.of(train, Loss(shift=for_both(tau * log_odds(train.labels), len(train.labels.classes))))
