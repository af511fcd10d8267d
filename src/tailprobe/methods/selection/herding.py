"""Herding: keep the images whose mean stays closest to the mean of the class."""

import numpy as np
from jaxtyping import Float, Int

from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import method
from tailprobe.methods.resampling.target_count import CountRule, resolve_count
from tailprobe.methods.selection.cut import cut_classes

Rows = Int[np.ndarray, " _"]


@method(
    "herding",
    family="selection",
    needs={"embeddings"},
    source="Welling, ICML 2009 (doi:10.1145/1553374.1553517); on embeddings Rebuffi et al., CVPR 2017, algorithm 4 "
    "(arXiv:1611.07725); within each class, to a count",
    cites=("welling2009", "rebuffi2017"),
    formula="rows_c = min(n_c, count), each the one that brings the mean of those kept nearest to the mean of c",
    example="herding(low-frequency)",
)
def herding(train: TrainingSet, count: int | CountRule = "low-frequency") -> TrainingPlan:
    """Cut every class down to a count: each image added brings the mean of those kept closest to the mean of the class.

    Multi-label images count for all their classes, as in `k_centre`.

    Assumptions:
        The mean of a class describes what is needed of it.

    When it helps:
        A small set has to represent a frequent class.

    Traps:
        Outliers and rare kinds within a class are left out.

    Args:
        train: the training part.
        count: images per class, or a rule, see `resolve_count`.

    Raises:
        InputError: a count that `resolve_count` refuses.
    """

    def choose(members: Rows, chosen: Rows, number: int, group: int) -> Rows:
        return follow_the_mean(np.asarray(train.embeddings[members], np.float64), chosen, number)

    return cut_classes(train, resolve_count(count, train), choose)


def follow_the_mean(rows: Float[np.ndarray, "n D"], chosen: Rows, number: int) -> Rows:
    """Return positions of `number` further rows, each the one that brings the mean of all chosen nearest to the mean.

    |m - (s + x) / k|^2, s the sum of those chosen, k their number with x: least where |x|^2 - 2 x (k m - s) is.
    """
    rows = rows - rows.mean(axis=0)  # m = 0
    squares = np.einsum("nd,nd->n", rows, rows)
    total = rows[chosen].sum(axis=0)
    free = np.ones(len(rows), bool)
    free[chosen] = False
    added: list[int] = []
    while len(added) < number:
        best = int(np.where(free, squares + 2 * rows @ total, np.inf).argmin())
        added.append(best)
        free[best] = False
        total = total + rows[best]
    return np.array(added, dtype=np.int64)
