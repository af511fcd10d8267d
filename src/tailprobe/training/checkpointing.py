"""Model selection: which epoch of a head is kept, and when its training stops."""

import numpy as np
from jaxtyping import Bool, Float

from tailprobe.learners.history import History
from tailprobe.learners.loss import Link
from tailprobe.learners.recipe import Recipe
from tailprobe.ranking import rank

_LAST_SHARE = 0.1  # a fixed number of epochs has converged if the best is not among this last share of them


class Checkpointing:
    """The validation results of a head so far, and the epoch that they select.

    The selection criterion is the validation loss, or minus the macro average precision on the validation rows. Of a
    plan with several stages only epochs of the last one can be kept.

    >>> from tailprobe.learners.recipe import PAPER_RECIPE
    >>> checkpointing = Checkpointing(PAPER_RECIPE)
    >>> [checkpointing.add(0.7, loss) for loss in (0.6, 0.4, 0.5)]
    [True, True, False]
    """

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe
        self._training: list[float] = []
        self._validation: list[float] = []
        self._precision: list[float] = []
        self._start = self._best = self._kept = 0

    @property
    def wants_logits(self) -> bool:
        """Whether the recipe chooses by average precision."""
        return self._recipe.select == "average_precision"

    @property
    def epochs(self) -> int:
        """Epochs so far."""
        return len(self._training)

    def begin_stage(self) -> None:
        """Begin a new stage: epochs before it can no longer be kept."""
        self._start = self._best = self.epochs

    def add(self, training_loss: float, validation_loss: float, average_precision: float = float("nan")) -> bool:
        """Add an epoch's results; return whether its weights are the ones to keep so far."""
        epoch = self.epochs
        self._training.append(training_loss)
        self._validation.append(validation_loss)
        self._precision.append(average_precision)
        if epoch == self._start or self._result(epoch) < self._result(self._best):
            self._best = epoch
        self._kept = epoch if self._recipe.select == "last" else self._best
        return self._kept == epoch

    @property
    def stage_converged(self) -> bool:
        """Whether the criterion has not improved for the recipe's patience; never True if it is NaN."""
        waited, patience = self.epochs - 1 - self._best, self._recipe.stop_after
        return 0 < patience <= waited and not np.isnan(self._result(self.epochs - 1))

    def history(self, *, steps: int, seconds: float) -> History:
        """Return the history of all epochs so far.

        Args:
            steps: optimiser steps.
            seconds: wall-clock time.
        """
        in_stage = self.epochs - self._start
        last = max(1, round(_LAST_SHARE * in_stage))
        converged = self.stage_converged or (not self._recipe.stop_after and self._best < self.epochs - last)
        precision = np.array(self._precision)
        return History(
            np.array(self._training), np.array(self._validation), precision, self._kept, steps, seconds, converged
        )

    def _result(self, epoch: int) -> float:
        """Return the criterion of an epoch; lower is better."""
        return -self._precision[epoch] if self.wants_logits else self._validation[epoch]


def macro_average_precision(
    logits: Float[np.ndarray, "V C"],
    labels: Bool[np.ndarray, "V C"],
    link: Link,
    known: Bool[np.ndarray, "V C"] | None = None,
) -> float:
    """Return the mean average precision over the classes with positives; NaN without any, or of a diverged head.

    Each class is taken over the images whose label is known. With the softmax link images are ranked by
    log-probabilities, since logits of different images have no common scale.
    """
    if not len(logits) or not np.isfinite(logits).all():
        return float("nan")
    if link == "softmax":
        logits = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
    values = rank(labels, logits, known).average_precision()
    return float(np.nanmean(values)) if not np.isnan(values).all() else float("nan")
