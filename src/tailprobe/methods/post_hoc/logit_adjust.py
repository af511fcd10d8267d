"""Logit adjustment after training: the class prior is taken out of the logits."""

from tailprobe.learners.adjustment import PriorShift
from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.losses.class_prior import log_odds, log_prior
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range


@method(
    "logit_adjust",
    family="post-hoc",
    source="Menon et al., ICLR 2021, equation 9",
    cites=("menon2021",),
    formula="z_c - tau log(prior_c) after training",
    example="logit_adjust(1)",
)
def logit_adjust(train: TrainingSet, tau: float = 1.0) -> TrainingPlan:
    """Subtract tau log(prior) from the logits after training.

    Sigmoid heads: the log odds of the class are subtracted, so that a class without evidence gets 0.5; each class has a
    monotone map of its own and its ranking does not change. Composed with `softmax`: the log prior is subtracted, which
    does change rankings, since the classes share a denominator.

    Assumptions:
        Every class is equally frequent where the head is used (tau = 1), and scores are calibrated.

    When it helps:
        Rare classes are predicted too seldom at a fixed threshold; nothing is trained again.

    Traps:
        With sigmoid heads thresholds change and no ranking does, so average precision stays equal; probabilities are no
        longer calibrated to the training distribution. Minus after training, plus in a training loss.

    Args:
        train: the training part.
        tau: 0 to 100; 0 changes nothing, 1 takes the prior out whole.

    Raises:
        InputError: tau outside that range.
    """
    check_range(tau, 0, 100, what="logit_adjust: tau")
    return TrainingPlan.of(train, adjustment=PriorShift(log_odds(train.labels), log_prior(train.labels), tau))
