"""Keep the most typical or the least typical images of each class."""

from typing import Literal

import numpy as np
from jaxtyping import Int

from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import method
from tailprobe.methods.resampling.target_count import CountRule, resolve_count
from tailprobe.methods.selection.cut import cut_classes, lowest

Rows = Int[np.ndarray, " _"]


@method(
    "prototypes",
    family="selection",
    needs={"embeddings"},
    source="Sorscher et al., NeurIPS 2022, section 4 (arXiv:2206.14486), distances to class means",
    cites=("sorscher2022",),
    formula="rows_c = min(n_c, count), those nearest to the mean of c, or farthest from it",
    example="prototypes(low-frequency, hard)",
)
def prototypes(
    train: TrainingSet, count: int | CountRule = "low-frequency", keep: Literal["easy", "hard"] = "hard"
) -> TrainingPlan:
    """Cut every class down to a count, keeping the images nearest to its mean (easy) or farthest from it (hard).

    The paper recommends hard images if there are many images and easy ones if there are few. Distances are
    Euclidean, of the embeddings as they are. Multi-label images count for all their classes, as in `k_centre`.

    Assumptions:
        The distance to the class mean shows how typical an image is.

    When it helps:
        Frequent classes have many more images than the head needs.

    Traps:
        The hard images include wrong labels.

    Args:
        train: the training part.
        count: images per class, or a rule, see `resolve_count`.
        keep: which end.

    Raises:
        InputError: a count that `resolve_count` refuses.
    """

    def choose(members: Rows, chosen: Rows, number: int, group: int) -> Rows:
        rows = np.asarray(train.embeddings[members], np.float64)
        distance = np.linalg.norm(rows - rows.mean(axis=0), axis=1)
        return lowest(distance if keep == "easy" else -distance, chosen, number)

    return cut_classes(train, resolve_count(count, train), choose)
