"""History: the losses of a training run by epoch; FittedHead: a head with the history of its training."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from tailprobe.learners.head import Head, Logits, Vectors
from tailprobe.short_repr import short_repr


@short_repr
@dataclass(frozen=True, eq=False)
class History:
    """One training run of E epochs; arrays have one float64 value an epoch."""

    training_loss: Float[np.ndarray, " E"]  # mean weighted loss over the epoch's rows, dropout on
    validation_loss: Float[np.ndarray, " E"]  # mean plain loss of the link over the validation rows, dropout off
    average_precision: Float[np.ndarray, " E"]  # macro, of the validation rows; NaN if it is not used
    kept_epoch: int  # the epoch, from 0, whose weights the head has
    steps: int  # optimiser steps
    seconds: float  # wall-clock time of the worker that trained it
    converged: bool  # whether the selection criterion had stopped improving when training ended


@short_repr
@dataclass(frozen=True, eq=False)
class FittedHead:
    """A head, and the history of its training; None if there was no gradient descent."""

    head: Head
    history: History | None

    def logits(self, vectors: Vectors) -> Logits:
        """Return (N, C) float32 logits."""
        return self.head.logits(vectors)
