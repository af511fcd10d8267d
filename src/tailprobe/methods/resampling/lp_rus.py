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
    """Drop images of label sets that are more frequent than the mean until a share of the images is dropped.

    A label set is the set of all classes of an image. Drops are spread evenly over the frequent sets, from the smallest
    to the largest; a set shrinks to the mean size at least, and what it cannot give is taken from the sets after it.

    Assumptions:
        Images of a frequent label set are redundant.

    When it helps:
        A few label sets make up most of the images.

    Traps:
        A rare class that occurs in a frequent set loses images as well.

    Args:
        train: the training part.
        share: of all images, the most that is dropped, 0 to 0.99.

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
