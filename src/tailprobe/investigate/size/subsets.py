"""Training plans with fewer images of one class, all other classes as they are."""

import numpy as np
from jaxtyping import Bool, Int

from tailprobe.labels import Labels
from tailprobe.learners.plan import Stage, TrainingPlan


def steps_down(images: int, *, least: int = 1) -> tuple[int, ...]:
    """Return numbers of images, ascending: all, half of them, a quarter, ..., `least`.

    >>> steps_down(100)
    (1, 2, 3, 6, 12, 25, 50, 100)
    """
    halvings = int(np.log2(images / least)) + 1
    halves = {round(images / 2**k) for k in range(halvings)}
    return tuple(sorted({least} | {step for step in halves if step > least}))


def plan_with_fewer(labels: Labels, c: int, kept: Int[np.ndarray, " K"]) -> TrainingPlan:
    """Return the baseline's plan with only some of the images of a class.

    An image that is not kept is left out where it carries no other class. Where it does, it stays for the others, and
    its loss term of class c is left out: for that class it is neither a positive nor a negative.

    Args:
        labels: of the training part.
        c: the class.
        kept: places of the images of the class that stay.
    """
    hidden = labels.matrix[:, c].copy()
    hidden[kept] = False
    alone = hidden & (labels.matrix.sum(axis=1) == 1)
    rows = np.flatnonzero(~alone)
    still = hidden & ~alone
    return TrainingPlan((Stage(rows, row_weights=_without(still, c, labels) if still.any() else None),))


def _without(hidden: Bool[np.ndarray, " T"], c: int, labels: Labels) -> np.ndarray:
    weights = np.ones(labels.matrix.shape)
    weights[hidden, c] = 0
    return weights
