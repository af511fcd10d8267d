"""Recipe: how a head is trained, whatever the remedy."""

from dataclasses import dataclass
from typing import Literal

from tailprobe.errors import InputError


@dataclass(frozen=True)
class Recipe:
    """Linear(D, width)-ReLU-Dropout-Linear(width, C), sigmoid, binary cross-entropy, Adam; defaults are the paper's.

    Raises:
        InputError: a value outside its range.
    """

    width: int = 128
    dropout: float = 0.2
    learning_rate: float = 1e-3
    batch_size: int = 64
    epochs: int = 20
    weight_decay: float = 0.0  # Adam's L2 term
    decay_every: int = 0  # epochs between steps of the learning rate, 0 for none; the authors' runs have 7
    decay_factor: float = 0.1
    keep: Literal["best", "last"] = "best"  # the epoch of the lowest validation loss, or the last
    patience: int = 0  # stop after so many epochs without a lower validation loss; 0 for never

    def __post_init__(self) -> None:
        ranges = {
            "width": self.width >= 1,
            "dropout": 0 <= self.dropout < 1,
            "learning_rate": 0 < self.learning_rate < float("inf"),
            "batch_size": self.batch_size >= 1,
            "epochs": self.epochs >= 1,
            "weight_decay": 0 <= self.weight_decay < float("inf"),
            "decay_every": self.decay_every >= 0,
            "decay_factor": 0 < self.decay_factor <= 1,
            "keep": self.keep in ("best", "last"),
            "patience": self.patience >= 0,
        }
        for name, holds in ranges.items():
            if not holds:
                raise InputError(f"recipe: {name} = {getattr(self, name)} is out of range")

    def learning_rate_in(self, epoch: int) -> float:
        """Return the learning rate of an epoch counted from 0."""
        steps = epoch // self.decay_every if self.decay_every else 0
        return self.learning_rate * self.decay_factor**steps
