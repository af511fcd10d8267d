"""Prior correction: probabilities as they would be under another, known, prevalence."""

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
    """Correct for a share `prevalence` of the images carrying each low-frequency class where the head is used.

    The log odds of the stated prevalence less those of the training part are added to the logit, which is Elkan's
    closed form. Composed with `softmax`: low-frequency classes have `prevalence` each, the others share what is left
    in their old proportions. Assumes that images of a class look the same there as here, and calibrated scores.

    Traps: by the sigmoid link a shift a class, thresholds change and rankings do not. For heads trained on resampled
    rows the prevalence in training is that of the rows drawn, not the one that is taken out here: compose this with
    methods that leave the rows alone. `logit_adjust(1)` is the case of a prevalence of one half.

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
