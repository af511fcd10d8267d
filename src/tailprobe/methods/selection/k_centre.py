"""k-centre greedy: keep the images of frequent classes that cover the class best."""

import numpy as np
from jaxtyping import Float, Int

from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import method
from tailprobe.methods.resampling.target_count import CountRule, resolve_count
from tailprobe.methods.selection.cut import cut_classes

Rows = Int[np.ndarray, " _"]


@method(
    "k_centre",
    family="selection",
    needs={"embeddings"},
    source="Sener and Savarese, ICLR 2018, algorithm 1; within each class, to a count",
    cites=("sener2018",),
    formula="rows_c = min(n_c, count), each the farthest from those before",
    example="k_centre(low-frequency)",
)
def k_centre(train: TrainingSet, count: int | CountRule = "low-frequency") -> TrainingPlan:
    """Cut every class down to a count by farthest-first traversal of its embeddings.

    An image is kept if any class it carries chooses it; classes choose in ascending order of count and start from the
    images already kept, so that a multi-label image counts for all its classes. Images that carry no class form one
    more group.

    Assumptions:
        A class is well represented if every one of its images is close to one that is kept.

    When it helps:
        Frequent classes hold many near copies.

    Traps:
        Outliers are chosen first: they are the farthest.

    Args:
        train: the training part.
        count: images per class, or a rule, see `resolve_count`.

    Raises:
        InputError: a count that `resolve_count` refuses.
    """
    target = resolve_count(count, train)

    def choose(members: Rows, chosen: Rows, number: int, group: int) -> Rows:
        return farthest_first(np.asarray(train.embeddings[members], np.float32), chosen, number, rng=train.rng)

    return cut_classes(train, target, choose)


def farthest_first(
    rows: Float[np.ndarray, "n D"], chosen: Int[np.ndarray, " m"], number: int, *, rng: np.random.Generator
) -> Int[np.ndarray, " K"]:
    """Return the positions of `number` further rows, each the farthest from all chosen before it.

    Args:
        rows: of one class.
        chosen: positions that are chosen already; if there are none, the first row is drawn at random.
        number: how many to add, at most as many as are left.
        rng: draws the first row.
    """
    rows = rows - rows.mean(axis=0)  # or squared distances lose their digits where the mean is large
    squares = np.einsum("nd,nd->n", rows, rows)
    nearest = np.full(len(rows), np.inf)  # squared distance to the nearest chosen row

    def choose(row: int) -> None:
        distance = np.maximum(squares + squares[row] - 2 * (rows @ rows[row]), 0)
        np.minimum(nearest, distance, out=nearest)
        nearest[row] = -1  # never again, even among copies

    for row in chosen:
        choose(int(row))
    added: list[int] = []
    if not len(chosen):
        added.append(int(rng.integers(len(rows))))
        choose(added[0])
    while len(added) < number:
        added.append(int(nearest.argmax()))
        choose(added[-1])
    return np.array(added, dtype=np.int64)
