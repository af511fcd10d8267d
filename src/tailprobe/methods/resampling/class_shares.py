"""Rows by the share that each class has of an epoch, drawn anew in every epoch."""

import numpy as np
from jaxtyping import Bool, Float, Int

from tailprobe.learners.training_set import TrainingSet

PASSES = 10  # epochs after which every row has come as often as its share says


def groups_of(train: TrainingSet) -> Bool[np.ndarray, "T G"]:
    """Return the rows of each class that has any, and of one more group, the rows without a class, if there are any."""
    matrix = train.labels.matrix
    groups = np.column_stack([matrix, ~matrix.any(axis=1)])
    return groups[:, groups.any(axis=0)]


def rows_by_share(
    groups: Bool[np.ndarray, "T G"], shares: Float[np.ndarray, " G"], rng: np.random.Generator, *, passes: int = PASSES
) -> Int[np.ndarray, " M"]:
    """Return the rows of `passes` epochs of T rows, a group's share of them its own rows in turn.

    A stage that draws T of them an epoch meets other rows in each, and all of a group's equally often in the end.

    Args:
        groups: rows of each, none empty; a row may be of several.
        shares: of the rows drawn, adding up to 1.
        rng: draws which rows of a group come once more than the others.
        passes: epochs.
    """
    wanted = np.maximum(np.round(passes * len(groups) * shares).astype(int), 1)
    parts = [np.resize(rng.permutation(np.flatnonzero(column)), n) for column, n in zip(groups.T, wanted, strict=True)]
    return np.concatenate(parts)


def power_shares(groups: Bool[np.ndarray, "T G"], power: float) -> Float[np.ndarray, " G"]:
    """Return n_g^power over its sum.

    >>> power_shares(np.array([[True, False], [True, False], [True, False], [True, True]]), 0.5).round(3)
    array([0.667, 0.333])
    """
    raised = groups.sum(axis=0).astype(np.float64) ** power
    return raised / raised.sum()
