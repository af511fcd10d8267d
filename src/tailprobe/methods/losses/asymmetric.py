"""Asymmetric loss: negatives are focused more than positives, and easy negatives are left out."""

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
    """Focus the loss of negatives by another power than that of positives, and leave out negatives below a margin.

    The probability of a negative is lowered by the margin and cut at 0: p = max(sigmoid(z) - margin, 0), so negatives
    that the head already gives less than the margin have no loss and no gradient. The gradient runs through the
    focusing factor, as the formula says; the authors' default code stops it there.

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
