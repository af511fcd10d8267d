"""Cut every class down to a count by a rule that chooses among its images."""

from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Int

from tailprobe.learners.plan import Stage, TrainingPlan
from tailprobe.learners.training_set import TrainingSet


@runtime_checkable
class Choose(Protocol):
    """Chooses among the images of one class."""

    def __call__(
        self, members: Int[np.ndarray, " n"], chosen: Int[np.ndarray, " m"], number: int, group: int, /
    ) -> Int[np.ndarray, " K"]:
        """Return `number` positions within `members`, none of them in `chosen`.

        Args:
            members: training rows of the class.
            chosen: positions within `members` that other classes have chosen already.
            number: how many to add, at most as many as are left.
            group: the class, or C for the images without one.
        """


def cut_classes(train: TrainingSet, target: int, choose: Choose) -> TrainingPlan:
    """Return the plan of the images that some class chooses.

    Classes choose in ascending order of count and start from the images already kept, so that a multi-label image
    counts for all its classes. Images that carry no class form one more group.

    Args:
        train: the training part.
        target: images per class.
        choose: the rule.
    """
    matrix = train.labels.matrix
    groups = np.column_stack([matrix, ~matrix.any(axis=1)])
    kept = np.zeros(len(train), dtype=bool)
    for group in np.argsort(groups.sum(axis=0), kind="stable"):
        members = np.flatnonzero(groups[:, group])
        chosen = np.flatnonzero(kept[members])
        wanted = min(target, len(members)) - len(chosen)
        if wanted > 0:
            kept[members[choose(members, chosen, wanted, int(group))]] = True
    return TrainingPlan((Stage(np.flatnonzero(kept)),), target_count=target)


def lowest(values: np.ndarray, chosen: Int[np.ndarray, " m"], number: int) -> Int[np.ndarray, " K"]:
    """Return the positions of the `number` lowest values, without those in `chosen`.

    >>> lowest(np.array([3.0, 1.0, 2.0, 0.0]), np.array([3]), 2).tolist()
    [1, 2]
    """
    order = np.argsort(values, kind="stable")
    return order[~np.isin(order, chosen)][:number]
