"""Loss reweighting: low-frequency classes count k times."""

from typing import Literal

import numpy as np

from tailprobe.learners.loss import Loss, by_label, for_both_labels
from tailprobe.learners.plan import Stage, TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range

Scope = Literal["image", "column", "positive", "batch"]


@method(
    "reweight",
    family="weighting",
    source="Panigrahi and Zhu, section 3 and Figure 2",
    cites=("panigrahi2024",),
    formula="factor × the loss of every image that carries a low-frequency class",
    example="reweight(2)",
)
def reweight(train: TrainingSet, factor: float, *, scope: Scope = "image") -> TrainingPlan:
    """Multiply the loss of low-frequency classes by a constant factor.

    Every other term has weight 1.

    Assumptions:
        An error on a low-frequency class costs `factor` times as much.

    When it helps:
        Rare classes are predicted too seldom at a fixed threshold.

    Traps:
        Thresholds move and rankings need not; Adam does not see a constant factor on the whole loss, which is why
        `scope=batch` has next to no effect.

    Args:
        train: the training part.
        factor: k, 0 to a million; 1 is the baseline. The paper has 1.5, 2, 2.5, 3, 5 and 10.
        scope: what is multiplied:
            `image`: every loss term of an image that carries a low-frequency class, as in the paper (its Figure 2);
            `column`: the loss terms of the low-frequency classes, for every image;
            `positive`: the loss terms of the low-frequency classes for the images that carry them;
            `batch`: the batch's mean loss by the mean of its images' factors, an error in the authors' ADE20K runs
            (docs/reproduction.md). Adam hardly sees the scale of a loss, so this has next to no effect.

    Raises:
        InputError: a factor outside that range.
    """
    check_range(factor, 0, 1e6, what="reweight: factor")
    per_class = np.where(train.low_frequency, factor, 1.0)
    classes = len(per_class)
    if scope == "column":
        return TrainingPlan.of(train, Loss(weight=for_both_labels(per_class, classes)))
    if scope == "positive":
        return TrainingPlan.of(train, Loss(weight=by_label(1.0, per_class, classes)))
    carries = train.labels.matrix[:, train.low_frequency].any(axis=1)
    weights = np.where(carries, factor, 1.0)
    return TrainingPlan((Stage(np.arange(len(train)), row_weights=weights, batch_mean_weight=scope == "batch"),))
