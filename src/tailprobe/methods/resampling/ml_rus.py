"""ML-RUS: random undersampling of multi-label images that carry no minority label."""

import numpy as np

from tailprobe.learners.plan import Stage, TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range
from tailprobe.methods.resampling.label_imbalance import minority


@method(
    "ml_rus",
    family="resampling",
    source="Charte et al., Neurocomputing 2015, section 4.4 (doi:10.1016/j.neucom.2014.08.091)",
    cites=("charte2015",),
    formula="share × the images left out, none of them of a class with n_max / n_c > its mean",
    example="ml_rus(0.25)",
)
def ml_rus(train: TrainingSet, share: float = 0.25) -> TrainingPlan:
    """Drop a share of the images at random, none of them with a class whose imbalance ratio is above the mean.

    The imbalance ratio of a class is the count of the most frequent class divided by its own. Where fewer images than
    asked carry no such class, all of these but one are dropped. Frequent classes lose images and rare ones none.
    Single-label images work as well.

    Assumptions:
        Images that carry only frequent classes are redundant.

    When it helps:
        Frequent classes have many more images than the head needs.

    Traps:
        Images without any class are dropped as well; a widely used R package draws with replacement and so drops fewer
        than it says.

    Args:
        train: the training part.
        share: of all images, 0 to 0.99.

    Raises:
        InputError: a share outside that range.
    """
    check_range(share, 0, 0.99, what="ml_rus: share")
    droppable = np.flatnonzero(~train.labels.matrix[:, minority(train.labels.counts)].any(axis=1))
    number = min(round(share * len(train)), len(droppable), len(train) - 1)
    dropped = train.rng.permutation(droppable)[:number]
    return TrainingPlan((Stage(np.setdiff1d(np.arange(len(train)), dropped)),))
