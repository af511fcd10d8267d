"""ML-ROS: random oversampling of multi-label images, label by label."""

import numpy as np

from tailprobe.learners.plan import Stage, TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range
from tailprobe.methods.resampling.label_imbalance import imbalance_ratios, minority


@method(
    "ml_ros",
    family="resampling",
    source="Charte et al., Neurocomputing 2015, algorithm 3 (doi:10.1016/j.neucom.2014.08.091)",
    cites=("charte2015",),
    formula="images of classes with n_max / n_c > its mean repeated until at most share × the images are added",
    example="ml_ros(0.25)",
)
def ml_ros(train: TrainingSet, share: float = 0.25) -> TrainingPlan:
    """Repeat images of classes whose imbalance ratio is above the mean, a class at a time, until a share is added.

    The imbalance ratio of a class, IRLbl, is the count of the most frequent class divided by its own; a class is left
    alone once its ratio, repeats included, has come down to the mean of the original data. Single-label images work as
    well.

    Assumptions:
        Rare classes do not co-occur much with frequent ones.

    When it helps:
        Multi-label images with rare classes of several images each.

    Traps:
        Repeats bring their frequent classes along; a widely used R package never recomputes the ratio, so it repeats
        until the share is reached.

    Args:
        train: the training part.
        share: repeats to add, as a share of the number of images, 0 to 100; fewer if no class is left.

    Raises:
        InputError: a share outside that range.
    """
    check_range(share, 0, 100, what="ml_ros: share")
    labels, left = train.labels, round(share * len(train))
    mean = np.nanmean(imbalance_ratios(labels.counts)) if labels.counts.any() else 1.0
    bags = {int(c): np.flatnonzero(labels.matrix[:, c]) for c in np.flatnonzero(minority(labels.counts))}
    counts, clones = labels.counts, list[int]()
    while left > 0 and bags:
        for c in list(bags)[:left]:
            clone = int(train.rng.choice(bags[c]))
            clones.append(clone)
            counts = counts + labels.matrix[clone]
            if counts.max() <= mean * counts[c]:
                del bags[c]
            left -= 1
    return TrainingPlan((Stage(np.concatenate([np.arange(len(train)), np.array(clones, np.int64)])),))
