"""The batches of one head of a stack, prepared on the host."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from tailprobe.training.randomness import dropout_key
from tailprobe.training.task import HeadTask, ScheduledStage


@dataclass(frozen=True, eq=False)
class BatchIndices:
    """K batches of one head; the last of an epoch is padded with its last row, at weight 0."""

    rows: Int[np.ndarray, "K B"]  # of the embeddings
    weights: Float[np.ndarray, "K B 1"] | Float[np.ndarray, "K B C"]  # float32, of rows or of terms; 0 for padding
    counts: Int[np.ndarray, " K"]  # rows that are not padding
    first: Int[np.ndarray, " K"]  # position in the epoch of each batch's first row


class BatchCursor:
    """The position of a head in its stages and epochs; gives its next batches.

    Args:
        task: what is trained.
        train: (R,) the rows that the plan's positions refer to, synthetic rows last.
    """

    def __init__(self, task: HeadTask, train: Int[np.ndarray, " R"]) -> None:
        self.task, self._train = task, train
        self._recipe = task.effective_recipe
        self._left = list(task.schedule())
        self.steps = 0  # of Adam since it was started
        self.epoch = -1  # overall
        self.begin_stage()

    def begin_stage(self) -> None:
        """Move to the first epoch of the next stage."""
        self.stage: ScheduledStage = self._left.pop(0)
        self._in_stage = -1
        self.steps = 0 if self.stage.stage.restart_output or self.stage.index == 0 else self.steps
        self.next_epoch()

    def next_epoch(self) -> None:
        """Draw the order of the next epoch and its dropout key."""
        self.epoch += 1
        self._in_stage += 1
        self.rows_done = 0
        self.key = dropout_key(self.task.stream_seed, self.epoch)
        self._drawn = self.task.draw(self.stage, self._in_stage)

    @property
    def epoch_is_stages_last(self) -> bool:
        """Whether this is the last epoch that the stage may have."""
        return self._in_stage + 1 == self.stage.epochs

    @property
    def rate(self) -> float:
        """The learning rate of this epoch."""
        return self._recipe.learning_rate_in(self.epoch)

    @property
    def steps_left(self) -> int:
        """Batches left in this epoch."""
        return -(-(len(self._drawn) - self.rows_done) // self._recipe.batch_size)

    def take(self, steps: int) -> BatchIndices:
        """Return the next `steps` batches, at most `steps_left`, and move past them."""
        batch, stage = self._recipe.batch_size, self.stage.stage
        drawn = self._drawn[self.rows_done : self.rows_done + steps * batch]
        filling = steps * batch - len(drawn)
        rows = np.pad(self._train[drawn], (0, filling), mode="edge").reshape(steps, batch)
        weights = np.ones((len(drawn), 1)) if stage.row_weights is None else stage.row_weights[drawn]
        weights = weights.reshape(len(drawn), -1).astype(np.float32)
        weights = np.pad(weights, ((0, filling), (0, 0))).reshape(steps, batch, -1)
        first = self.rows_done + batch * np.arange(steps)
        self.rows_done += len(drawn)
        counts = np.minimum(self.rows_done - first, batch)
        if stage.batch_mean_weight:
            means = weights.sum(axis=1, keepdims=True) / counts[:, None, None]
            real = np.arange(batch)[None, :, None] < counts[:, None, None]
            weights = np.where(real, means, 0).astype(np.float32)
        return BatchIndices(rows, weights, counts, first)
