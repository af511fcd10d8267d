"""What one head of a stack draws next: the host's side of `stacked`."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from tailprobe.training.randomness import dropout_key
from tailprobe.training.task import HeadTask


@dataclass(frozen=True, eq=False)
class Drawn:
    """K batches of one head; the last of an epoch is filled up with its last row, weighing nothing."""

    rows: Int[np.ndarray, "K B"]  # of the embeddings
    factors: Float[np.ndarray, "K B"]  # float32, row weights; 0 in the filling
    counts: Int[np.ndarray, " K"]  # rows that are not filling
    first: Int[np.ndarray, " K"]  # position in the epoch of each batch's first row


class Course:
    """A head's way through its epochs, batch by batch."""

    def __init__(self, task: HeadTask) -> None:
        self.task = task
        self.epoch = -1
        self.next_epoch()

    def next_epoch(self) -> None:
        """Draw the order of the next epoch and its dropout key."""
        self.epoch += 1
        self.done = 0  # rows
        self.key = dropout_key(self.task.key.seed, self.epoch)
        self._drawn = self.task.draw(self.epoch)

    @property
    def rate(self) -> float:
        """The learning rate of this epoch."""
        return self.task.recipe.learning_rate_in(self.epoch)

    @property
    def steps_left(self) -> int:
        """Batches left in this epoch."""
        return -(-(len(self._drawn) - self.done) // self.task.recipe.batch_size)

    def take(self, steps: int) -> Drawn:
        """Return the next batches, at most `steps_left`, and go on."""
        batch, plan = self.task.recipe.batch_size, self.task.plan
        drawn = self._drawn[self.done : self.done + steps * batch]
        room = (0, steps * batch - len(drawn))
        rows = np.pad(self.task.train[drawn], room, mode="edge").reshape(steps, batch)
        weights = np.ones(len(drawn)) if plan.row_weights is None else plan.row_weights[drawn]
        factors = np.pad(weights.astype(np.float32), room).reshape(steps, batch)
        first = self.done + batch * np.arange(steps)
        self.done += len(drawn)
        counts = np.minimum(self.done - first, batch)
        if plan.weigh_batches:
            means = factors.sum(axis=1) / counts
            factors = np.where(np.arange(batch) < counts[:, None], means[:, None], 0).astype(np.float32)
        return Drawn(rows, factors, counts, first)
