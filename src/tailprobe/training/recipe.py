"""Recipe: how a head is trained, whatever the remedy."""

from dataclasses import dataclass
from typing import Literal

from tailprobe.setting import Range, at_least, check_settings, setting

_RATE = Range(lambda rate: rate > 0, "above 0")


@dataclass(frozen=True)
class Recipe:
    """Linear(D, width)-ReLU-Dropout-Linear(width, C), sigmoid, binary cross-entropy, Adam; defaults are the paper's.

    Raises:
        InputError: a value of a wrong type or outside its range.
    """

    epochs: int = setting(20, help="Passes through the training part.", group="Training recipe", range=at_least(1))
    keep: Literal["best", "last"] = setting(
        "best",
        help="Which epoch's weights are kept: those of the lowest validation loss, or the last.",
        group="Training recipe",
    )
    patience: int = setting(
        0,
        help="Stop after this many epochs without a lower validation loss; 0 never stops early.",
        group="Training recipe",
        range=at_least(0),
    )
    width: int = setting(128, help="Hidden units.", group="Training recipe", range=at_least(1))
    dropout: float = setting(
        0.2,
        help="Share of the hidden units dropped in training.",
        group="Training recipe",
        range=Range(lambda share: 0 <= share < 1, "from 0 to below 1"),
    )
    learning_rate: float = setting(1e-3, help="Adam's learning rate.", group="Training recipe", range=_RATE)
    batch_size: int = setting(64, help="Images in one update.", group="Training recipe", range=at_least(1))
    weight_decay: float = setting(
        0.0, help="Adam's L2 penalty on the weights.", group="Training recipe", range=at_least(0)
    )
    decay_every: int = setting(
        0,
        help="Epochs after which the learning rate is multiplied by --decay-factor, again and again; 0 for never.",
        group="Training recipe",
        range=at_least(0),
    )
    decay_factor: float = setting(
        0.1,
        help="What --decay-every multiplies the learning rate by.",
        group="Training recipe",
        range=Range(lambda factor: 0 < factor <= 1, "above 0, up to 1"),
    )

    def __post_init__(self) -> None:
        check_settings(self, where="recipe: ")

    def learning_rate_in(self, epoch: int) -> float:
        """Return the learning rate of an epoch counted from 0."""
        steps = epoch // self.decay_every if self.decay_every else 0
        return self.learning_rate * self.decay_factor**steps
