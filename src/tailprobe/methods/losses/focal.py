"""Focal loss: terms that the head already classifies correctly count less."""

from tailprobe.learners.loss import Loss, for_both_labels
from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range


@method(
    "focal",
    family="loss",
    source="Lin et al., ICCV 2017, equation 4; their alpha is left at 1",
    cites=("lin2017",),
    formula="(1 - p)^gamma (-log p)",
    example="focal(2)",
)
def focal(train: TrainingSet, gamma: float = 2.0) -> TrainingPlan:
    """Multiply each loss term by the probability given to the wrong side, to the power gamma.

    Term: (1 - p)^gamma (-log p), p the probability given to the right side. The many easy negatives of a rare class
    then weigh little, and misclassified terms weigh most.

    Assumptions:
        Easy terms contribute little beyond their number.

    When it helps:
        Each class has far more negatives than positives, most of them easy.

    Traps:
        Treats all classes alike, so it does not balance classes by itself; probabilities are pulled towards 0.5; terms
        that stay hard include wrong labels.

    Args:
        train: the training part; every class is treated alike.
        gamma: 0 to 100; 0 is the baseline.

    Raises:
        InputError: gamma outside that range.
    """
    check_range(gamma, 0, 100, what="focal: gamma")
    return TrainingPlan.of(train, Loss(gamma=for_both_labels(gamma, len(train.labels.classes))))
