"""Decoupled weight decay: weights shrink by themselves, not through the gradient."""

from tailprobe.learners.optimiser import Optimiser
from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range


@method(
    "adamw",
    family="recipe",
    source="Loshchilov and Hutter, ICLR 2019, algorithm 2 (arXiv:1711.05101)",
    cites=("loshchilov2019",),
    formula="w <- w - r d w, then Adam's step; r the learning rate, d the decay",
    example="adamw(0.05)",
)
def adamw(train: TrainingSet, weight_decay: float = 0.01) -> TrainingPlan:
    """Train by AdamW, whose weight decay does not pass through Adam's division by the size of gradients.

    The `weight_decay` of the recipe is added to the gradient, so Adam divides it by the size of gradients: weights with
    large gradients, those of frequent classes, are decayed less. Here all are decayed alike. The default is PyTorch's.

    Assumptions:
        All weights should shrink at the same rate.

    When it helps:
        A head overfits; the weights of frequent classes grow and those of rare ones do not (Alshammari et al., CVPR
        2022).

    Traps:
        What a decay does depends on learning rate and number of updates; 0 is the baseline.

    Args:
        train: the training part.
        weight_decay: 0 to 10; times the learning rate, the share of a weight that an update takes away.

    Raises:
        InputError: a decay outside that range.
    """
    check_range(weight_decay, 0, 10, what="adamw: weight_decay")
    return TrainingPlan.of(train, recipe_changes={"weight_decay": weight_decay}, optimiser=Optimiser("adamw"))
