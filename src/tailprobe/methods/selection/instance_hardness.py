"""Instance-hardness threshold: images of frequent classes that a first head misclassifies are dropped."""

import numpy as np
from jaxtyping import Int

from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range
from tailprobe.methods.resampling.target_count import CountRule, resolve_count
from tailprobe.methods.selection.cut import cut_classes, lowest
from tailprobe.methods.selection.nested_scores import out_of_fold

Rows = Int[np.ndarray, " _"]


@method(
    "instance_hardness",
    family="selection",
    needs={"embeddings"},
    source="Smith, Martinez and Giraud-Carrier, Machine Learning 2014, section 6 (doi:10.1007/s10994-013-5422-z)",
    cites=("smith2014",),
    formula="rows_c = min(n_c, count), those of the highest out-of-fold probability of c",
    example="instance_hardness(low-frequency)",
)
def instance_hardness(train: TrainingSet, count: int | CountRule = "low-frequency", folds: int = 5) -> TrainingPlan:
    """Cut every class down to a count, keeping the images that a head trained without them finds most probable.

    The head is a logistic regression fitted within the training part, each image scored by one that has not seen it.
    Images without a class are ranked by their largest class probability, the lowest kept.

    Assumptions:
        Images that a head misclassifies are noise or overlap.

    When it helps:
        Frequent classes overlap with rare ones or have wrong labels.

    Traps:
        The images kept are the easy ones, so that the head is not trained on the hard ones it will meet.

    Args:
        train: the training part; folds are drawn from the seed of its repeat, the same for all methods.
        count: images per class, or a rule, see `resolve_count`.
        folds: 2 to 20.

    Raises:
        InputError: folds outside that range, or a count that `resolve_count` refuses.
    """
    check_range(folds, 2, 20, what="instance_hardness: folds")
    p = out_of_fold(train, folds)
    right = np.column_stack([p, 1 - p.max(axis=1)])  # (T, C + 1), the last for images without a class

    def choose(members: Rows, chosen: Rows, number: int, group: int) -> Rows:
        return lowest(-right[members, group], chosen, number)

    return cut_classes(train, resolve_count(count, train), choose)
