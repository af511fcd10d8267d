"""Which rows an epoch of a stage draws, in which order, and how many epochs each stage takes."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int

from tailprobe.learners.plan import Stage
from tailprobe.training.randomness import row_order


def epochs_by_stage(stages: Sequence[Stage], epochs: int) -> tuple[int, ...]:
    """Return the epochs of each stage: its share of all, at least one.

    Raises:
        ValueError: fewer epochs than stages.

    >>> rows = np.arange(2)
    >>> epochs_by_stage([Stage(rows, share=0.8), Stage(rows, share=0.2)], 20)
    (16, 4)
    """
    if epochs < len(stages):
        raise ValueError(f"{len(stages)} stages need as many epochs at least, not {epochs}")
    bounds = np.round(epochs * np.cumsum([0.0, *(stage.share for stage in stages)])).astype(int)
    for i in range(1, len(bounds) - 1):
        bounds[i] = min(max(bounds[i], bounds[i - 1] + 1), epochs - (len(stages) - i))
    return tuple(np.diff(bounds).tolist())


def rows_of_epoch(stage: Stage, epoch: int, *, seed: int, index: int) -> Int[np.ndarray, " M"]:
    """Return the rows that an epoch of a stage goes through, in their order.

    Every pass through the stage's rows is in a new order; an epoch longer or shorter than a pass continues where the
    last one ended.

    Args:
        stage: of a plan.
        epoch: within the stage, from 0.
        seed: determines the order.
        index: the place of the stage in its plan.
    """
    rows, drawn = stage.rows, stage.rows_per_epoch
    first, last = epoch * drawn, (epoch + 1) * drawn
    passes = range(first // len(rows), -(-last // len(rows)))
    order = np.concatenate([row_order(seed, i, len(rows), stage=index) for i in passes])
    start = first - passes.start * len(rows)
    return rows[order[start : start + drawn]]
