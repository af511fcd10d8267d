"""Tomek links: of two mutual nearest neighbours with different labels the frequent one is dropped."""

import numpy as np

from tailprobe.learners.plan import Stage, TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range
from tailprobe.methods.selection.neighbours import label_distance, nearest_of, removable


@method(
    "tomek_links",
    family="selection",
    needs={"embeddings"},
    source="Tomek, IEEE Trans. SMC 1976 (doi:10.1109/TSMC.1976.4309452); several labels: Pereira et al., "
    "Neurocomputing 2020 (doi:10.1016/j.neucom.2019.11.076)",
    cites=("tomek1976", "pereira2020"),
    formula="images without a low-frequency class left out of mutual nearest neighbours of other labels",
)
def tomek_links(train: TrainingSet, difference: float = 0.5) -> TrainingPlan:
    """Drop the images without a low-frequency class from pairs of mutual nearest neighbours with different labels.

    Labels are different where their adjusted Hamming distance is above `difference`: the number of classes that only
    one of both carries, divided by the number that each carries, added up. For single-label images: where the classes
    differ.

    Assumptions:
        A frequent image next to a rare one is noise or overlap.

    When it helps:
        Frequent classes overlap with rare ones.

    Traps:
        It cleans and does not balance; a count is never reached.

    Args:
        train: the training part.
        difference: 0 to 1; 1 drops nothing.

    Raises:
        InputError: a difference outside that range.
    """
    check_range(difference, 0, 1, what="tomek_links: difference")
    matrix, kept = train.labels.matrix, np.ones(len(train), bool)
    nearest = nearest_of(train, 1)
    if nearest.shape[1]:
        partner = nearest[:, 0]
        mutual = partner[partner] == np.arange(len(train))
        link = mutual & (label_distance(matrix, matrix[partner]) > difference)
        kept = ~(link & removable(matrix, train.low_frequency))
    return TrainingPlan((Stage(np.flatnonzero(kept)),)) if kept.any() else TrainingPlan.of(train)
