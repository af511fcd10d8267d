"""Prior correction: the probabilities under another prevalence, which is known."""

import numpy as np

from tailprobe.learners.adjustment import PriorShift
from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.losses.class_prior import log_odds, log_prior
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range


@method(
    "prior_correction",
    family="post-hoc",
    source="Elkan, IJCAI 2001, theorem 2; Saerens et al., Neural Computation 2002, equation 2.4 "
    "(doi:10.1162/089976602753284446)",
    cites=("elkan2001", "saerens2002"),
    formula="z_c + logit(prevalence) - logit(prior_c), for low-frequency classes",
    example="prior_correction(0.1)",
)
def prior_correction(train: TrainingSet, prevalence: float = 0.1) -> TrainingPlan:
    """Correct for a prevalence of each low-frequency class, where the head is used, that differs from training.

    The log odds of the stated prevalence minus those of the training part are added to the logit, which is Elkan's
    closed form. Composed with `softmax`: low-frequency classes have `prevalence` each, the others share the rest in
    their training proportions. `logit_adjust(1)` is the case of a prevalence of one half.

    Assumptions:
        Images of a class look the same at either prevalence (label shift), and scores are calibrated.

    When it helps:
        The prevalence where the head will be used is known.

    Traps:
        With sigmoid heads thresholds change and rankings do not. For heads trained on resampled rows the prevalence in
        training is that of the rows drawn, which is not what is subtracted here: compose it with methods that leave the
        rows unchanged.

    Args:
        train: the training part.
        prevalence: 0.0001 to 0.9999; the low-frequency classes together below 1 for softmax.

    Raises:
        InputError: a prevalence outside that range.
    """
    check_range(prevalence, 1e-4, 0.9999, what="prior_correction: prevalence")
    low = train.low_frequency
    odds = np.where(low, log_odds(train.labels) - np.log(prevalence / (1 - prevalence)), 0.0)
    prior = log_prior(train.labels)
    others = np.exp(prior)[~low].sum()
    left = max(1 - low.sum() * prevalence, 1e-4)
    shares = np.where(low, prior - np.log(prevalence), np.log(others / left) if others else 0.0)
    return TrainingPlan.of(train, adjustment=PriorShift(odds, shares, 1.0))
