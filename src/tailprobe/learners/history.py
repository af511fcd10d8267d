"""History: the losses of a training run by epoch; FittedHead: a head with the history of its training."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from tailprobe.learners.head import Head, Logits, Vectors


@dataclass(frozen=True, eq=False)
class History:
    """One training run, an entry an epoch."""

    training_loss: Float[np.ndarray, " E"]  # mean weighted loss over the epoch's rows, dropout on
    validation_loss: Float[np.ndarray, " E"]  # mean plain loss of the link over the validation rows, dropout off
    average_precision: Float[np.ndarray, " E"]  # macro, of the validation rows; NaN where it was not asked for
    kept_epoch: int  # the epoch, from 0, whose weights the head has
    steps: int
    seconds: float  # of one worker
    converged: bool  # whether the result that chooses the epoch had stopped improving when training ended


@dataclass(frozen=True, eq=False)
class FittedHead:
    """A head, and how it was trained; no history where there was no gradient descent."""

    head: Head
    history: History | None

    def logits(self, vectors: Vectors) -> Logits:
        """Return (N, C) float32 logits."""
        return self.head.logits(vectors)
