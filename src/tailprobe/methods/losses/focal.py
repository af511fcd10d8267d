"""Focal loss: terms that the head already has right count less."""

from tailprobe.learners.loss import Loss, for_both
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

    The many easy negatives of a rare class then weigh little, and what the head has wrong weighs most.

    Args:
        train: the training part; every class is treated alike.
        gamma: 0 to 100; 0 is the baseline.

    Raises:
        InputError: gamma outside that range.
    """
    check_range(gamma, 0, 100, what="focal: gamma")
    return TrainingPlan.of(train, Loss(gamma=for_both(gamma, len(train.labels.classes))))
