"""PlanSampler: the rows that each epoch of a plan draws."""

from collections.abc import Iterator, Sequence

import numpy as np
from torch.utils.data import Sampler

from tailprobe.learners.plan import Stage
from tailprobe.training.draws import epochs_by_stage, rows_of_epoch


class PlanSampler(Sampler[int]):
    """Draws rows as the engine does: repeated, left out or cycled, each epoch in an order of its own.

    Call `set_epoch` before each epoch, as with `DistributedSampler`; Lightning does so automatically.

    Args:
        stages: of a plan.
        epochs: of the whole training; each stage has its share.
        seed: determines the order.

    Raises:
        ValueError: fewer epochs than stages.

    >>> sampler = PlanSampler([Stage(np.array([0, 1, 1]))], epochs=2, seed=0)
    >>> len(sampler), sorted(sampler)
    (3, [0, 1, 1])
    """

    def __init__(self, stages: Sequence[Stage], *, epochs: int, seed: int) -> None:
        self.stages, self.seed, self.epoch = tuple(stages), seed, 0
        self.epochs_by_stage = epochs_by_stage(self.stages, epochs)

    def set_epoch(self, epoch: int) -> None:
        """Draw for this epoch, counted from 0, from now on; beyond the last one the last stage continues."""
        self.epoch = epoch

    def __iter__(self) -> Iterator[int]:
        """Yield the rows of the epoch."""
        index, in_stage = place_of(self.epoch, self.epochs_by_stage)
        yield from rows_of_epoch(self.stages[index], in_stage, seed=self.seed, index=index).tolist()

    def __len__(self) -> int:
        return self.stages[place_of(self.epoch, self.epochs_by_stage)[0]].rows_per_epoch


def place_of(epoch: int, epochs_by_stage: Sequence[int]) -> tuple[int, int]:
    """Return the stage of an epoch, and the epoch within it, all from 0.

    >>> place_of(3, (2, 2)), place_of(9, (2, 2))
    ((1, 1), (1, 7))
    """
    starts = np.cumsum([0, *epochs_by_stage[:-1]])
    index = int(np.searchsorted(starts, epoch, side="right")) - 1
    return index, epoch - int(starts[index])
