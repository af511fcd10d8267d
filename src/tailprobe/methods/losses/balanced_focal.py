"""Focal loss with a weight of positives against negatives."""

from tailprobe.learners.loss import Loss, by_label, for_both_labels
from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range


@method(
    "balanced_focal",
    family="loss",
    source="Lin et al., ICCV 2017, equation 5 (arXiv:1708.02002)",
    cites=("lin2017",),
    formula="positives alpha (1 - p)^gamma (-log p); negatives (1 - alpha) p^gamma (-log(1 - p))",
    example="balanced_focal(2, 0.75)",
)
def balanced_focal(train: TrainingSet, gamma: float = 2.0, alpha: float = 0.75) -> TrainingPlan:
    """Focal loss whose positive terms are weighted by alpha and whose negative terms by 1 - alpha.

    Means are over terms; RetinaNet divides by the number of positives, a factor that Adam hardly sees.

    Assumptions:
        Positives and negatives should contribute in the ratio alpha to 1 - alpha, whatever the class.

    When it helps:
        Each class has far more negatives than positives, most of them easy.

    Traps:
        The paper's alpha of 0.25, the default of torchvision, gives positives a third of the weight of negatives: right
        for its dense detection at a gamma of 2 and wrong for rare tags. The default here is 0.75.

    Args:
        train: the training part; every class is treated alike.
        gamma: 0 to 100.
        alpha: 0 to 1.

    Raises:
        InputError: an argument outside its range.
    """
    check_range(gamma, 0, 100, what="balanced_focal: gamma")
    check_range(alpha, 0, 1, what="balanced_focal: alpha")
    classes = len(train.labels.classes)
    return TrainingPlan.of(
        train, Loss(weight=by_label(1 - alpha, alpha, classes), gamma=for_both_labels(gamma, classes))
    )
