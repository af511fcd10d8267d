"""Rows in the proportions that each class has of an epoch, different ones in every epoch."""

import numpy as np
from jaxtyping import Bool, Float, Int

from tailprobe.learners.training_set import TrainingSet

PASSES = 10  # epochs after which every row has been drawn as often as its share says


def groups_of(train: TrainingSet) -> Bool[np.ndarray, "T G"]:
    """Return which rows carry each class; a last group has the rows without a class. Empty groups are left out."""
    matrix = train.labels.matrix
    groups = np.column_stack([matrix, ~matrix.any(axis=1)])
    return groups[:, groups.any(axis=0)]


def rows_by_share(
    groups: Bool[np.ndarray, "T G"], shares: Float[np.ndarray, " G"], rng: np.random.Generator, *, passes: int = PASSES
) -> Int[np.ndarray, " M"]:
    """Return the rows of `passes` epochs of T rows; each group has its share of them, filled with its rows in turn.

    A stage that draws T of them an epoch has different rows in each, and in the end all rows of a group equally often.

    Args:
        groups: (T, G) which rows belong to each group, none empty; a row may belong to several.
        shares: (G,) of the rows drawn; they add up to 1.
        rng: decides which rows of a group are drawn once more than the others.
        passes: epochs.
    """
    wanted = np.maximum(np.round(passes * len(groups) * shares).astype(int), 1)
    parts = [np.resize(rng.permutation(np.flatnonzero(column)), n) for column, n in zip(groups.T, wanted, strict=True)]
    return np.concatenate(parts)


def power_shares(groups: Bool[np.ndarray, "T G"], power: float) -> Float[np.ndarray, " G"]:
    """Return (G,) float64, n_g^power divided by its sum over the groups.

    >>> power_shares(np.array([[True, False], [True, False], [True, False], [True, True]]), 0.5).round(3)
    array([0.667, 0.333])
    """
    raised = groups.sum(axis=0).astype(np.float64) ** power
    return raised / raised.sum()
