"""Equalization loss: images of other classes do not lower the logits of rare classes."""

import numpy as np

from tailprobe.learners.plan import Stage, TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range


@method(
    "equalization",
    family="loss",
    source="Tan et al., CVPR 2020, equations 3 and 8 (arXiv:2003.05176): the share of terms left out is their gamma",
    cites=("tan2020",),
    formula="(1 - b (1 - y)) × the loss of rare classes, b = 1 with probability share, of images that carry a class",
    example="equalization(0.9)",
)
def equalization(train: TrainingSet, share: float = 0.9, frequency: float = 0.0) -> TrainingPlan:
    """Leave out a random share of the negative terms of rare classes, for images that carry some other class.

    A term has the weight 1 - b (1 - y), b = 1 with probability `share`. As in the paper, images that carry no class
    keep all their terms.

    Assumptions:
        Rare classes suffer from the number of their negatives rather than from what these look like.

    When it helps:
        Rare classes are predicted too seldom, and their scores are pushed down by images of frequent classes.

    Traps:
        The paper's threshold, a frequency of 0.0018 on LVIS, is below the rarest class of most collections, where it
        leaves plain cross-entropy; by default the study's low-frequency classes are the rare ones here. Scores of rare
        classes become too high, and with a share of 1 and no background the loss has no minimum.

    Args:
        train: the training part; terms to leave out are drawn once.
        share: 0 to 0.99; 0 is the baseline.
        frequency: classes carried by less than this share of the images are rare, 0 to 1; 0 for the low-frequency ones.

    Raises:
        InputError: an argument outside its range.
    """
    check_range(share, 0, 0.99, what="equalization: share")
    check_range(frequency, 0, 1, what="equalization: frequency")
    matrix = train.labels.matrix
    rare = train.labels.counts < frequency * len(train) if frequency else train.low_frequency
    left_out = train.rng.random(matrix.shape) < share
    left_out &= ~matrix & rare & matrix.any(axis=1, keepdims=True)
    return TrainingPlan((Stage(np.arange(len(train)), row_weights=np.where(left_out, 0.0, 1.0)),))
