"""Progressively balanced sampling: from the original proportions to classes drawn equally often."""

from tailprobe.learners.plan import Stage, TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range
from tailprobe.methods.resampling.class_shares import groups_of, power_shares, rows_by_share


@method(
    "progressive_sampling",
    family="resampling",
    source="Kang et al., ICLR 2020, equation 2 (arXiv:1910.09217), in steps",
    cites=("kang2020",),
    formula="P(c) = (1 - t) n_c / sum of n + t / C, t from 0 to 1 over the epochs",
    example="progressive_sampling(5)",
)
def progressive_sampling(train: TrainingSet, steps: int = 5) -> TrainingPlan:
    """Draw class c with the probability (1 - t) n_c / sum of n + t / C, t going from 0 to 1 over the training.

    t grows in equal steps, 0 in the first and 1 in the last, each an equal share of the epochs; the paper changes it
    with every epoch.

    Assumptions:
        The hidden layer learns best from the original data and the output layer from balanced rows.

    When it helps:
        Rare classes have too few images for balanced sampling from the start.

    Traps:
        Only epochs of the last step, which is class-balanced, can be kept; there must be at least as many epochs as
        steps. With early stopping a step ends when it has converged, so that t does not follow the epochs.

    Args:
        train: the training part.
        steps: 2 to 20.

    Raises:
        InputError: steps outside that range.
    """
    check_range(steps, 2, 20, what="progressive_sampling: steps")
    groups = groups_of(train)
    as_they_are, balanced = power_shares(groups, 1.0), power_shares(groups, 0.0)
    times = [i / (steps - 1) for i in range(steps)]
    rows = [rows_by_share(groups, (1 - t) * as_they_are + t * balanced, train.rng) for t in times]
    return TrainingPlan(tuple(Stage(of, draws=len(train), share=1 / steps) for of in rows))
