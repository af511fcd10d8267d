"""Recipe: how a head is trained, whatever the method."""

from dataclasses import dataclass
from typing import Literal

from tailprobe.errors import InputError

Select = Literal["loss", "average_precision", "last"]
MAX_EPOCHS = 200  # of epochs="auto"
AUTO_PATIENCE = 10  # epochs without a better validation result that end a training of epochs="auto"


@dataclass(frozen=True)
class Recipe:
    """Linear(D, width)-ReLU-Dropout-Linear(width, C) and Adam.

    The paper's recipe is `PAPER_RECIPE`: 20 epochs, of which the one with the lowest validation loss is kept.

    Raises:
        InputError: a value outside its range.
    """

    width: int = 128  # hidden units; 0 for a linear head
    dropout: float = 0.2
    learning_rate: float = 1e-3
    batch_size: int = 64
    epochs: int | Literal["auto"] = "auto"  # auto: until the validation result stops improving
    select: Select = "average_precision"  # which epoch is kept
    patience: int = 0  # epochs without a better validation result before training stops; 0: never, 10 for epochs=auto
    weight_decay: float = 0.0  # Adam's L2 term
    decay_every: int = 0  # epochs between steps of the learning rate, 0 for none; the authors' runs have 7
    decay_factor: float = 0.1

    def __post_init__(self) -> None:
        ranges = {
            "width": self.width >= 0,
            "dropout": 0 <= self.dropout < 1,
            "learning_rate": 0 < self.learning_rate < float("inf"),
            "batch_size": self.batch_size >= 1,
            "epochs": self.epochs == "auto" or (isinstance(self.epochs, int) and self.epochs >= 1),
            "select": self.select in ("loss", "average_precision", "last"),
            "patience": self.patience >= 0,
            "weight_decay": 0 <= self.weight_decay < float("inf"),
            "decay_every": self.decay_every >= 0,
            "decay_factor": 0 < self.decay_factor <= 1,
        }
        for name, holds in ranges.items():
            if not holds:
                raise InputError(f"recipe: {name} = {getattr(self, name)} is out of range")

    @property
    def max_epochs(self) -> int:
        """Epochs after which training ends in any case."""
        return MAX_EPOCHS if self.epochs == "auto" else self.epochs

    @property
    def stop_after(self) -> int:
        """Epochs without a better validation result after which training ends; 0 for never."""
        return self.patience or (AUTO_PATIENCE if self.epochs == "auto" else 0)

    def learning_rate_in(self, epoch: int) -> float:
        """Return the learning rate of an epoch counted from 0."""
        steps = epoch // self.decay_every if self.decay_every else 0
        return self.learning_rate * self.decay_factor**steps


PAPER_RECIPE = Recipe(epochs=20, select="loss")
