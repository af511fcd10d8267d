"""LP-ROS: random oversampling of rare label sets."""

import numpy as np

from tailprobe.learners.plan import Stage, TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range
from tailprobe.methods.resampling.label_sets import label_sets


@method(
    "lp_ros",
    family="resampling",
    source="Charte et al., HAIS 2013 (doi:10.1007/978-3-642-40846-5_16); Neurocomputing 2015, section 4.1",
    cites=("charte2013", "charte2015"),
    formula="images of label sets rarer than the mean set repeated until at most share × the images are added",
    example="lp_ros(0.25)",
)
def lp_ros(train: TrainingSet, share: float = 0.25) -> TrainingPlan:
    """Repeat images of label sets that are rarer than the mean until a share of images is added.

    A label set is the set of all classes of an image; for single-label images a class. Repeats are spread evenly over
    the rare sets, from the largest to the smallest; a set grows to the mean size at most, and what it cannot take goes
    to the sets after it.

    Assumptions:
        Images of a rare label set are the ones to see more often.

    When it helps:
        There are few label sets, each with several images.

    Traps:
        Where nearly every image has a set of its own, rare sets say little about rare classes, and a frequent class
        that is in many sets is repeated most.

    Args:
        train: the training part.
        share: repeats to add at most, as a share of the number of images, 0 to 100.

    Raises:
        InputError: a share outside that range.
    """
    check_range(share, 0, 100, what="lp_ros: share")
    sets = label_sets(train.labels.matrix)
    mean = len(train) / len(sets)
    rare = sorted((rows for rows in sets if len(rows) < mean), key=len, reverse=True)
    left, parts = round(share * len(train)), [np.arange(len(train))]
    for i, rows in enumerate(rare):
        number = min(int(mean) - len(rows), -(-left // (len(rare) - i)))
        parts.append(train.rng.choice(rows, max(number, 0)))
        left -= len(parts[-1])
    return TrainingPlan((Stage(np.concatenate(parts)),))
