"""Edited nearest neighbours: frequent images whose neighbours carry different labels are dropped."""

import numpy as np

from tailprobe.learners.plan import Stage, TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range
from tailprobe.methods.selection.neighbours import label_distance, nearest_of, removable


@method(
    "edited_neighbours",
    family="selection",
    needs={"embeddings"},
    source="Wilson, IEEE Trans. SMC 1972 (doi:10.1109/TSMC.1972.4309137); several labels: Charte et al., IDEAL 2014, "
    "MLeNN (doi:10.1007/978-3-319-10840-7_1)",
    cites=("wilson1972", "charte2014"),
    formula="images without a low-frequency class left out if half of k neighbours or more carry other labels",
    example="edited_neighbours(3)",
)
def edited_neighbours(train: TrainingSet, k: int = 3, difference: float = 0.5) -> TrainingPlan:
    """Drop an image without a low-frequency class if at least half of its k nearest images carry different labels.

    Labels are different where their adjusted Hamming distance is above `difference`, see `tomek_links`.

    Assumptions:
        Frequent images among images of other labels are noise or overlap.

    When it helps:
        Frequent classes overlap with rare ones.

    Traps:
        It cleans and does not balance; an image without any class is far from all that carry one; hard frequent images
        are lost.

    Args:
        train: the training part.
        k: neighbours, 1 to 1000.
        difference: 0 to 1.

    Raises:
        InputError: an argument outside its range.
    """
    check_range(k, 1, 1000, what="edited_neighbours: k")
    check_range(difference, 0, 1, what="edited_neighbours: difference")
    matrix, nearest = train.labels.matrix, nearest_of(train, k)
    if not nearest.shape[1]:
        return TrainingPlan.of(train)
    others = label_distance(matrix[:, None], matrix[nearest]) > difference  # (T, k)
    kept = (others.mean(axis=1) < 0.5) | ~removable(matrix, train.low_frequency)
    return TrainingPlan((Stage(np.flatnonzero(kept)),)) if kept.any() else TrainingPlan.of(train)
