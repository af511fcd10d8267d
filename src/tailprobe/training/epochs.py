"""A head's epochs: which one is kept, and when to stop."""

import numpy as np

from tailprobe.training.head import History
from tailprobe.training.recipe import Recipe


class Epochs:
    """The losses of a head so far."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe
        self._training: list[float] = []
        self._validation: list[float] = []
        self._lowest = self._kept = 0

    def add(self, training_loss: float, validation_loss: float) -> bool:
        """Note an epoch and say whether its weights are the ones to keep so far."""
        epoch = len(self._validation)
        lower = epoch == 0 or validation_loss < self._validation[self._lowest]
        self._training.append(training_loss)
        self._validation.append(validation_loss)
        self._lowest = epoch if lower else self._lowest
        self._kept = epoch if lower or self._recipe.keep == "last" else self._kept
        return self._kept == epoch

    @property
    def finished(self) -> bool:
        """Whether the recipe wants no further epoch; a loss that is no number never stops a head early."""
        done, patience = len(self._validation), self._recipe.patience
        waited = done - 1 - self._lowest
        return done == self._recipe.epochs or (0 < patience <= waited and not np.isnan(self._validation[-1]))

    def history(self, *, steps_an_epoch: int, seconds: float) -> History:
        """Return what is to be said of them."""
        steps = steps_an_epoch * len(self._training)
        return History(np.array(self._training), np.array(self._validation), self._kept, steps, seconds)
