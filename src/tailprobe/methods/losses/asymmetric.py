"""Asymmetric loss: a stronger focusing factor for negatives than for positives; easy negatives are left out."""

from tailprobe.errors import InputError
from tailprobe.learners.loss import Loss, by_label
from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range


@method(
    "asymmetric",
    family="loss",
    source="Ridnik et al., ICCV 2021, equations 3 to 5",
    cites=("ridnik2021",),
    formula="positives (1 - p)^positive (-log p); negatives q^negative (-log(1 - q)), q = max(p - margin, 0)",
    example="asymmetric(0, 4)",
)
def asymmetric(train: TrainingSet, positive: float = 0.0, negative: float = 4.0, margin: float = 0.05) -> TrainingPlan:
    """Focus the loss of negatives more strongly than that of positives, and leave out easy negatives.

    Positives: (1 - p)^positive (-log p). Negatives: q^negative (-log(1 - q)), q = max(p - margin, 0): negatives with a
    probability below the margin have no loss and no gradient. The gradient includes the focusing factor, as the formula
    says; the authors' default code treats that factor as a constant.

    Assumptions:
        Most negatives are easy and contribute little beyond their number.

    When it helps:
        Multi-label images on which each class has far more negatives than positives.

    Traps:
        Probabilities are not calibrated and too high for rare classes; the default of the authors' code for `positive`
        is 1 and the best value of their paper 0; the single-label form of that code equals cross-entropy.

    Args:
        train: the training part.
        positive: gamma of the terms of images that carry the class, 0 to 100; the paper's best is 0.
        negative: gamma of the others, 0 to 100.
        margin: in [0, 1); the paper's is 0.05, 0 leaves nothing out.

    Raises:
        InputError: a gamma outside [0, 100] or a margin outside [0, 1).
    """
    check_range(positive, 0, 100, what="asymmetric: positive")
    check_range(negative, 0, 100, what="asymmetric: negative")
    if not 0 <= margin < 1:
        raise InputError(f"asymmetric: expected a margin of at least 0 and below 1, not {margin:g}")
    classes = len(train.labels.classes)
    clip = by_label(margin, 0.0, classes) if margin else None
    return TrainingPlan.of(train, Loss(gamma=by_label(negative, positive, classes), clip=clip))
