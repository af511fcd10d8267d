"""LP-RUS: random undersampling of frequent label sets."""

import numpy as np

from tailprobe.learners.plan import Stage, TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range
from tailprobe.methods.resampling.label_sets import label_sets


@method(
    "lp_rus",
    family="resampling",
    source="Charte et al., HAIS 2013 (doi:10.1007/978-3-642-40846-5_16); Neurocomputing 2015, section 4.1",
    cites=("charte2013", "charte2015"),
    formula="images of label sets more frequent than the mean set left out until at most share × the images are gone",
    example="lp_rus(0.25)",
)
def lp_rus(train: TrainingSet, share: float = 0.25) -> TrainingPlan:
    """Drop images of label sets more frequent than the mean set until a share of the images is gone.

    What is dropped is dealt evenly over the frequent sets, from the smallest to the largest; a set shrinks to the mean
    size at least, and what it cannot give is left to those after it.

    Trap: a rare class that comes in a frequent set loses images with it.

    Args:
        train: the training part.
        share: of all images, at most so many are dropped, 0 to 0.99.

    Raises:
        InputError: a share outside that range.
    """
    check_range(share, 0, 0.99, what="lp_rus: share")
    sets = label_sets(train.labels.matrix)
    mean = len(train) / len(sets)
    frequent = sorted((rows for rows in sets if len(rows) > mean), key=len)
    left, kept = round(share * len(train)), np.ones(len(train), bool)
    for i, rows in enumerate(frequent):
        number = min(len(rows) - int(np.ceil(mean)), -(-left // (len(frequent) - i)))
        kept[train.rng.permutation(rows)[:number]] = False
        left -= number
    return TrainingPlan((Stage(np.flatnonzero(kept)),))
