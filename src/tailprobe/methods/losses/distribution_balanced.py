"""Distribution-balanced loss: rebalanced weights, negatives at their own scale, and the class prior in the logits."""

from dataclasses import replace

from tailprobe.learners.loss import Loss, by_label, for_both_labels
from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.losses.class_prior import log_odds
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range
from tailprobe.methods.weighting.rebalanced_weight import rebalanced


@method(
    "distribution_balanced",
    family="loss",
    source="Wu et al., ECCV 2020, equations 3 to 10 (arXiv:2007.09654); constants of their COCO setting, gamma of "
    "their focal variant",
    cites=("wu2020",),
    formula="w_ic × focal loss of u = z + kappa log odds; negatives' of scale × u, divided by scale",
)
def distribution_balanced(
    train: TrainingSet, scale: float = 2.0, kappa: float = 0.05, gamma: float = 2.0
) -> TrainingPlan:
    """Train by distribution-balanced loss: u = z + kappa log odds; negatives' terms of scale * u, divided by scale.

    Terms are those of `focal` for u = z + kappa log odds; negatives take scale * u, and their term is divided by scale.
    Each term has the weight of `rebalanced_weight` with its defaults. A scale above 1 lowers the gradient of negatives
    that are classified correctly; kappa adds a part of the prior in training, as `logit_adjusted_bce(kappa)` does.
    gamma = 0 leaves out the focal factor.

    Assumptions:
        Labels co-occur, so that sampling by one class also samples others; most negatives are easy.

    When it helps:
        Multi-label images on which rare and frequent classes co-occur.

    Traps:
        The published figures use class-balanced rows: compose it with `class_balanced`; the default arguments of the
        authors' code are permuted, see `rebalanced_weight`.

    Args:
        train: the training part.
        scale: lambda of the paper, 0.01 to 100.
        kappa: 0 to 100.
        gamma: of the focal factor, 0 to 100.

    Raises:
        InputError: an argument outside its range.
    """
    check_range(scale, 0.01, 100, what="distribution_balanced: scale")
    check_range(kappa, 0, 100, what="distribution_balanced: kappa")
    check_range(gamma, 0, 100, what="distribution_balanced: gamma")
    classes, shift = len(train.labels.classes), kappa * log_odds(train.labels)
    loss = Loss(
        weight=by_label(1 / scale, 1.0, classes),
        scale=by_label(scale, 1.0, classes),
        shift=by_label(scale * shift, shift, classes),
        gamma=for_both_labels(gamma, classes) if gamma else None,
    )
    plan = TrainingPlan.of(train, loss)
    weights = rebalanced(train.labels.matrix, alpha=0.1, beta=10.0, mu=0.2)
    return replace(plan, stages=(replace(plan.stages[0], row_weights=weights),))
