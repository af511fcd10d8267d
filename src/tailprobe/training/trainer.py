"""Trainer: what every kernel that trains one head at a time gives."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float

from tailprobe.training.task import ScheduledStage


@dataclass(frozen=True)
class Epoch:
    """Which epoch, counted from 0."""

    in_stage: int  # decides the rows drawn
    overall: int  # decides learning rate and dropout; stages that end early leave no gap


@runtime_checkable
class Trainer(Protocol):
    """One head in training, made of the data and the task; stages and epochs are called in order."""

    def begin_stage(self, stage: ScheduledStage) -> None:
        """Take the rows, the weights and the loss of a stage, and what it trains."""

    def train_epoch(self, epoch: Epoch) -> float:
        """Train an epoch of the stage and return its mean training loss."""

    def validate(self, logits: Float[np.ndarray, "V C"] | None = None) -> float:
        """Return the mean plain loss of the link over the validation rows, without dropout; NaN where there are none.

        Args:
            logits: filled with those of the validation rows, where it is given.
        """

    def parameters(self) -> list[torch.Tensor]:
        """Return copies of weight and bias of each layer, of standardised rows; two tensors for a linear head."""
