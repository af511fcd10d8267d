"""Trainer: the interface of kernels that train one head at a time."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float

from tailprobe.training.task import ScheduledStage


@dataclass(frozen=True)
class Epoch:
    """The number of an epoch, counted from 0 in its stage and over all stages."""

    in_stage: int  # decides the rows drawn
    overall: int  # decides learning rate and dropout; stages that end early leave no gap


@runtime_checkable
class Trainer(Protocol):
    """One head in training, made from the data and the task; its methods are called in order of stages and epochs."""

    def begin_stage(self, stage: ScheduledStage) -> None:
        """Set up a stage: its rows, their weights, its loss, and which layers it trains."""

    def train_epoch(self, epoch: Epoch) -> float:
        """Train an epoch of the stage and return its mean training loss."""

    def validate(self, logits: Float[np.ndarray, "V C"] | None = None) -> float:
        """Return the mean plain loss of the link over the validation rows, without dropout; NaN if there are none.

        Args:
            logits: (V, C) float32, filled with the logits of the validation rows; None to leave them out.
        """

    def parameters(self) -> list[torch.Tensor]:
        """Return copies of weight and bias of each layer, for standardised rows; two tensors for a linear head."""
