"""NearMiss: keep the images of frequent classes that are nearest to images of rare ones."""

from typing import Literal

import numpy as np
from jaxtyping import Int

from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range
from tailprobe.methods.resampling.target_count import CountRule, resolve_count
from tailprobe.methods.selection.cut import cut_classes, lowest

Rows = Int[np.ndarray, " _"]


@method(
    "near_miss",
    family="selection",
    needs={"embeddings"},
    source="Zhang and Mani, ICML 2003 workshop, NearMiss-1 and NearMiss-2",
    cites=("zhang2003",),
    formula="rows_c = min(n_c, count), those of the least mean distance to k images of low-frequency classes",
    example="near_miss(low-frequency)",
)
def near_miss(
    train: TrainingSet,
    count: int | CountRule = "low-frequency",
    k: int = 3,
    *,
    to: Literal["nearest", "farthest"] = "nearest",
) -> TrainingPlan:
    """Cut every class down to a count, keeping the images with the smallest mean distance to k images of rare classes.

    `to=nearest`: to the k nearest images that carry a low-frequency class (NearMiss-1); `to=farthest`: to the k
    farthest (NearMiss-2). Distances are Euclidean, of the embeddings as they are. Images of the low-frequency classes
    are compared with all images of these, themselves included. Multi-label images count for all their classes, as in
    `k_centre`.

    Assumptions:
        The images near rare classes determine the boundary.

    When it helps:
        Frequent classes hold many images far from every rare class.

    Traps:
        The images kept are the most easily mistaken for a rare class, wrong labels among them, and the rest of a
        frequent class is not seen; in hundreds of dimensions distances differ little.

    Args:
        train: the training part.
        count: images per class, or a rule, see `resolve_count`.
        k: 1 to 1000.
        to: which of the rare images.

    Raises:
        InputError: k outside that range, or a count that `resolve_count` refuses.
    """
    check_range(k, 1, 1000, what="near_miss: k")
    rare = train.labels.matrix[:, train.low_frequency].any(axis=1)
    targets = np.asarray(train.embeddings[rare if rare.any() else slice(None)], np.float64)

    def choose(members: Rows, chosen: Rows, number: int, group: int) -> Rows:
        from sklearn.metrics import pairwise_distances  # slow to import

        distance = np.sort(pairwise_distances(np.asarray(train.embeddings[members], np.float64), targets), axis=1)
        ends = distance[:, :k] if to == "nearest" else distance[:, -k:]
        return lowest(ends.mean(axis=1), chosen, number)

    return cut_classes(train, resolve_count(count, train), choose)
