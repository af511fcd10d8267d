"""Class-balanced focal loss: weights by effective number, and the focal factor."""

from tailprobe.learners.loss import Loss, for_both_labels
from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range
from tailprobe.methods.weighting.class_weights import class_weighted
from tailprobe.methods.weighting.effective_number import effective_number_weights


@method(
    "class_balanced_focal",
    family="loss",
    source="Cui et al., CVPR 2019, equation 13 (arXiv:1901.05555)",
    cites=("cui2019",),
    formula="(1 - beta) / (1 - beta^n_c) × (1 - p)^gamma (-log p)",
    example="class_balanced_focal(0.999, 1)",
)
def class_balanced_focal(train: TrainingSet, beta: float = 0.9999, gamma: float = 1.0) -> TrainingPlan:
    """Focal loss with class weights (1 - beta) / (1 - beta^n_c): `effective_number` and `focal` in one.

    For which terms the weight multiplies, see `effective_number`.

    Assumptions:
        Images of a class overlap, so that each further one adds less information; easy terms contribute little.

    When it helps:
        Rare classes have few positives and many easy negatives.

    Traps:
        Three reference libraries take the probability of the focal factor as exp(-weight * loss), which is another loss
        wherever the weight is not 1; a common stand-alone implementation computes the factor through log(1 + exp(-z)),
        whose gradient is NaN at z = -100.

    Args:
        train: the training part.
        beta: in [0, 1); 0 leaves focal loss.
        gamma: 0 to 100; the paper tries 0.5, 1 and 2.

    Raises:
        InputError: an argument outside its range.
    """
    check_range(gamma, 0, 100, what="class_balanced_focal: gamma")
    weights = effective_number_weights(train.labels.counts, beta=beta)
    return class_weighted(train, weights, Loss(gamma=for_both_labels(gamma, len(weights))))
