"""Importance weights to a stated prevalence."""

import numpy as np

from tailprobe.learners.loss import Loss, by_label
from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range


@method(
    "prevalence_weight",
    family="weighting",
    source="King and Zeng, Political Analysis 2001, equation 10 (doi:10.1093/oxfordjournals.pan.a004868)",
    cites=("king2001",),
    formula="positives × q / p, negatives × (1 - q) / (1 - p), p = prior_c, q = prevalence, for low-frequency classes",
    example="prevalence_weight(0.1)",
)
def prevalence_weight(train: TrainingSet, prevalence: float = 0.1) -> TrainingPlan:
    """Train as though a share `prevalence` of the images carried each low-frequency class, by importance weights.

    With p the class's share of the training images and q the stated one, positives have weight q / p and negatives (1 -
    q) / (1 - p): the loss is the expected loss under the stated prevalence, and the mean weight of a class is 1.
    Classes that are not low-frequency are not weighted.

    Assumptions:
        Images of a class look the same at either prevalence (label shift).

    When it helps:
        The prevalence where the head will be used is known and differs from training.

    Traps:
        Rare positives have weight q / p, in the hundreds for a class of 100 images in 40,000.

    Args:
        train: the training part.
        prevalence: 0.0001 to 0.9999.

    Raises:
        InputError: a prevalence outside that range.
    """
    check_range(prevalence, 1e-4, 0.9999, what="prevalence_weight: prevalence")
    rows = len(train)
    share = np.clip(train.labels.counts, 0.5, rows - 0.5) / rows
    positive = np.where(train.low_frequency, prevalence / share, 1.0)
    negative = np.where(train.low_frequency, (1 - prevalence) / (1 - share), 1.0)
    return TrainingPlan.of(train, Loss(weight=by_label(negative, positive, len(share))))
