"""Under-bagging: heads trained on different balanced parts of the frequent classes, averaged."""

from tailprobe.learners.learner import Ensemble
from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range
from tailprobe.methods.resampling.target_count import CountRule
from tailprobe.methods.resampling.undersample import undersample


@method(
    "under_bagging",
    family="ensemble",
    source="EasyEnsemble of Liu, Wu and Zhou, IEEE Trans. SMC-B 2009, algorithm 1 (doi:10.1109/TSMCB.2008.2007853), "
    "heads instead of AdaBoost",
    cites=("liu2009",),
    formula="mean of the probabilities of k heads, each of its own undersample(count)",
    example="under_bagging(5)",
)
def under_bagging(train: TrainingSet, k: int = 5, count: int | CountRule = "low-frequency") -> Ensemble:
    """Train k heads, each on its own draw of `undersample(count)`, and average their probabilities.

    What one undersampling leaves out another keeps; images of rare classes are in nearly all of them. Costs k training
    runs on few rows.

    Assumptions:
        A balanced subset is enough to train a head, and the subsets differ.

    When it helps:
        Frequent classes have many more images than the head needs.

    Traps:
        Probabilities are those of balanced classes, too high for rare ones: compose with a calibration such as
        `platt_scaling`.

    Args:
        train: the training part.
        k: members, 2 to 100.
        count: images per class, or a rule, see `resolve_count`.

    Raises:
        InputError: k outside that range, or a count that `resolve_count` refuses.
    """
    check_range(k, 2, 100, what="under_bagging: k")
    plans = [undersample.function(train, count) for _ in range(k)]
    return Ensemble(tuple(plan for plan in plans if isinstance(plan, TrainingPlan)))
