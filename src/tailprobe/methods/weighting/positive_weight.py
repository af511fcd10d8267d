"""The positive weight: positives of a class are weighted by the ratio of its negatives to its positives."""

import numpy as np

from tailprobe.learners.loss import Loss, by_label
from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range


@method(
    "positive_weight",
    family="weighting",
    source="pos_weight of PyTorch's BCEWithLogitsLoss; Rajpurkar et al. 2017, section 2.1 (arXiv:1711.05225)",
    cites=("paszke2019", "rajpurkar2017"),
    formula="min((n- / n+)^power, cap) × the loss of a class's positives",
    example="positive_weight(0.5)",
)
def positive_weight(train: TrainingSet, power: float = 1.0, cap: float = 100.0) -> TrainingPlan:
    """Multiply the positive terms of a class by min((n- / n+)^power, cap); negatives have weight 1.

    With a power of 1 and no cap both sides of every class have the same total weight. For a well-specified model the
    weight is a shift of the logit by log(weight), so thresholds move and rankings need not. CheXNet's variant weights
    both sides, n- / n for positives and n+ / n for negatives: the same but for one factor a class.

    Assumptions:
        A missed positive costs (n- / n+)^power times as much as a false alarm.

    When it helps:
        One threshold of 0.5 is used for every class.

    Traps:
        The weight is 400 for a class of 100 images in 40,000, and one wrong label has that weight as well; hence the
        cap, or a power of 0.5.

    Args:
        train: the training part.
        power: 0 to 2; 0 is the baseline.
        cap: 1 to a million.

    Raises:
        InputError: an argument outside its range.
    """
    check_range(power, 0, 2, what="positive_weight: power")
    check_range(cap, 1, 1e6, what="positive_weight: cap")
    positives = np.maximum(train.labels.counts, 1)
    ratio = np.maximum(len(train) - positives, 0) / positives
    classes = len(positives)
    return TrainingPlan.of(train, Loss(weight=by_label(1.0, np.minimum(ratio**power, cap), classes)))
