"""Recipe: the hyper-parameters of training, the same for every method."""

from dataclasses import dataclass
from typing import Literal

from tailprobe.keywords import known_settings
from tailprobe.setting import Range, at_least, between, check_settings, setting

Select = Literal["loss", "average_precision", "last"]
MAX_EPOCHS = 200  # of epochs="auto"
AUTO_PATIENCE = 20  # epochs without a better validation result that end a training of epochs="auto"
_MANY = 10**6  # larger values only run out of memory or time
_RATE = Range(lambda rate: rate > 0, "above 0")


@known_settings
@dataclass(frozen=True)
class Recipe:
    """Hyper-parameters of Linear(D, width)-ReLU-Dropout-Linear(width, C) trained by Adam.

    The paper's recipe is `PAPER_RECIPE`: 20 epochs, of which the one with the lowest validation loss is kept.

    >>> Recipe(epochs=30, learning_rate=3e-4).max_epochs, Recipe().max_epochs, PAPER_RECIPE.select
    (30, 200, 'loss')

    Raises:
        InputError: a value of a wrong type or outside its range.
    """

    epochs: int | Literal["auto"] = setting(
        "auto",
        help="Passes through the training part, e.g. 20; auto: until the validation result stops improving, at most "
        "200.",
        group="Training recipe",
        range=between(1, _MANY),
    )
    select: Select = setting(
        "average_precision",
        help="Which epoch's weights are kept: of the lowest validation loss (as the paper), of the highest average "
        "precision on the validation part, or the last.",
        group="Training recipe",
    )
    patience: int = setting(
        0,
        help="Stop after this many epochs without a better validation result, e.g. 10; 0 for never, and 20 for "
        "--epochs auto.",
        group="Training recipe",
        range=between(0, _MANY),
    )
    width: int = setting(
        128, help="Hidden units, e.g. 256; 0 for a linear head.", group="Training recipe", range=between(0, _MANY)
    )
    dropout: float = setting(
        0.2,
        help="Share of the hidden units dropped in training, e.g. 0.5.",
        group="Training recipe",
        range=Range(lambda share: 0 <= share < 1, "from 0 to below 1"),
    )
    learning_rate: float = setting(
        1e-3, help="Adam's learning rate, e.g. 0.0003.", group="Training recipe", range=_RATE
    )
    batch_size: int = setting(
        64, help="Images in one update, e.g. 256.", group="Training recipe", range=between(1, _MANY)
    )
    weight_decay: float = setting(
        0.0, help="Adam's L2 penalty on the weights, e.g. 0.0001.", group="Training recipe", range=at_least(0)
    )
    decay_every: int = setting(
        0,
        help="Epochs, e.g. 10, after which the learning rate is multiplied by --decay-factor, again and again; 0 for "
        "never.",
        group="Training recipe",
        range=between(0, _MANY),
    )
    decay_factor: float = setting(
        0.1,
        help="What --decay-every multiplies the learning rate by, e.g. 0.5.",
        group="Training recipe",
        range=Range(lambda factor: 0 < factor <= 1, "above 0, up to 1"),
    )

    def __post_init__(self) -> None:
        check_settings(self, where="recipe: ")

    @property
    def max_epochs(self) -> int:
        """The number of epochs after which training ends in any case."""
        return MAX_EPOCHS if self.epochs == "auto" else self.epochs

    @property
    def stop_after(self) -> int:
        """Epochs without a better validation result after which training ends; 0 for never."""
        return self.patience or (AUTO_PATIENCE if self.epochs == "auto" else 0)

    def learning_rate_in(self, epoch: int) -> float:
        """Return the learning rate in `epoch`, counted from 0."""
        steps = epoch // self.decay_every if self.decay_every else 0
        return self.learning_rate * self.decay_factor**steps


PAPER_RECIPE = Recipe(epochs=20, select="loss")
