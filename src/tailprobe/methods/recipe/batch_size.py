"""Another batch size: fewer images in an update are more updates, and noisier ones."""

from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range


@method(
    "batch_size",
    family="recipe",
    source="Shwartz-Ziv et al., NeurIPS 2023, section 4.1 (arXiv:2312.02517)",
    cites=("shwartzziv2023",),
    formula="rows of an update; the recipe has 64",
    example="batch_size(16)",
)
def batch_size(train: TrainingSet, rows: int = 16) -> TrainingPlan:
    """Train with another number of images in an update.

    An epoch of T rows then has T / rows updates, so equal epochs are not equal updates; `--budget updates` does not
    change that.

    Assumptions:
        The noise of small batches, or the number of updates, is what training lacks.

    When it helps:
        Classes are imbalanced: the authors find smaller batches better the more imbalanced the classes are.

    Traps:
        With epochs held equal it also changes the number of updates: a gain may be that alone. Tune the learning rate
        too.

    Args:
        train: the training part.
        rows: 1 to 1000000.

    Raises:
        InputError: a number outside that range.
    """
    check_range(rows, 1, 10**6, what="batch_size: rows")
    return TrainingPlan.of(train, recipe_changes={"batch_size": rows})
