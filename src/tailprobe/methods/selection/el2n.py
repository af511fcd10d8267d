"""EL2N: keep the images whose error is large early in training."""

from typing import Literal

import numpy as np
from jaxtyping import Float, Int

from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range
from tailprobe.methods.resampling.target_count import CountRule, resolve_count
from tailprobe.methods.selection.cut import cut_classes, lowest
from tailprobe.methods.selection.dynamics import probabilities_by_epoch

Rows = Int[np.ndarray, " _"]


@method(
    "el2n",
    family="selection",
    needs={"embeddings"},
    source="Paul et al., NeurIPS 2021, definition 2.2 (arXiv:2107.07075)",
    cites=("paul2021",),
    formula="rows_c = min(n_c, count), by the mean of |p - y| over heads of a few epochs",
    example="el2n(low-frequency, hard)",
)
def el2n(
    train: TrainingSet,
    count: int | CountRule = "low-frequency",
    keep: Literal["easy", "hard"] = "hard",
    *,
    epochs: int = 3,
    repeats: int = 5,
) -> TrainingPlan:
    """Cut every class down to a count by |p - y|, the length of the error of a linear head after a few epochs.

    The error is the mean over several linear heads trained within the training part. The paper keeps the hard images.
    Multi-label images count for all their classes, as in `k_centre`.

    Assumptions:
        The error early in training shows which images matter.

    When it helps:
        Frequent classes have many easy images (`hard`), or many wrong labels (`easy`).

    Traps:
        The hardest images include wrong labels; with few images per class keep the easy ones.

    Args:
        train: the training part; heads start and shuffle at random.
        count: images per class, or a rule, see `resolve_count`.
        keep: which end.
        epochs: 1 to 100.
        repeats: heads, 1 to 100.

    Raises:
        InputError: epochs or repeats outside its range, or a count that `resolve_count` refuses.
    """
    check_range(epochs, 1, 100, what="el2n: epochs")
    check_range(repeats, 1, 100, what="el2n: repeats")
    error = early_errors(train, epochs, repeats)

    def choose(members: Rows, chosen: Rows, number: int, group: int) -> Rows:
        return lowest(error[members] if keep == "easy" else -error[members], chosen, number)

    return cut_classes(train, resolve_count(count, train), choose)


def early_errors(train: TrainingSet, epochs: int = 3, repeats: int = 5) -> Float[np.ndarray, " T"]:
    """Return (T,) |p - y| of each row after a few epochs, mean over heads."""
    labels = train.labels.matrix
    errors = [np.linalg.norm(probabilities_by_epoch(train, epochs)[-1] - labels, axis=1) for _ in range(repeats)]
    return np.asarray(np.mean(errors, axis=0))
