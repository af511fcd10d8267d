"""Sharpness-aware minimisation: the gradient is taken where the loss nearby is worst."""

from tailprobe.learners.optimiser import Optimiser
from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range


@method(
    "sam",
    family="recipe",
    source="Foret et al., ICLR 2021, equation 3 (arXiv:2010.01412)",
    cites=("foret2021",),
    formula="g at w + radius g0 / |g0|, g0 the gradient at w",
    example="sam(0.1)",
)
def sam(train: TrainingSet, radius: float = 0.05) -> TrainingPlan:
    """Train by Adam with the gradient at the point of the steepest ascent within a radius.

    Each update computes two gradients, so training takes twice as long. The default radius is the paper's.

    Assumptions:
        Flat minima generalise better, also for the few images of a rare class.

    When it helps:
        Frequent classes are fitted and rare ones overfitted (Shwartz-Ziv et al., NeurIPS 2023, section 4.3).

    Traps:
        At equal epochs it computes twice as many gradients as the baseline; compare it with twice the epochs.

    Args:
        train: the training part.
        radius: 0 to 10; 0 is the baseline.

    Raises:
        InputError: a radius outside that range.
    """
    check_range(radius, 0, 10, what="sam: radius")
    return TrainingPlan.of(train, optimiser=Optimiser(radius=radius))
