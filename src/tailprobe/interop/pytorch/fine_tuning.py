"""FineTuning: a method's sampler and loss for a custom training loop."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Shaped

from tailprobe.errors import InputError
from tailprobe.frequency import classes_matching
from tailprobe.interop.arrays import multi_labels, single_labels
from tailprobe.interop.pytorch.loss import PlanLoss
from tailprobe.interop.pytorch.sampler import PlanSampler
from tailprobe.labels import Labels
from tailprobe.learners.learner import Ensemble, Learner
from tailprobe.learners.optimiser import Optimiser
from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.lookup import parse_method
from tailprobe.methods.method import Method
from tailprobe.randomness import generator
from tailprobe.short_repr import short_repr


@short_repr
@dataclass(frozen=True, eq=False)
class FineTuning:
    """Which rows are drawn and by which loss, epoch by epoch.

    >>> tuning = FineTuning.of("drw(0.99, 0.5)", np.array([0, 0, 0, 0, 1]), epochs=4)
    >>> [tuning.stage for _ in tuning.each_epoch()]
    [0, 0, 1, 1]
    """

    plan: TrainingPlan
    epochs: int
    sampler: PlanSampler
    loss: PlanLoss

    @classmethod
    def of(
        cls,
        method: str | Method,
        labels: Labels | Shaped[np.ndarray, "T ..."] | Iterable[Any],
        *,
        epochs: int,
        seed: int = 0,
        vectors: Float[np.ndarray, "T D"] | None = None,
        low_frequency: str = "percentile(25)",
    ) -> "FineTuning":
        """Make sampler and loss of a method, for a training part.

        Args:
            method: e.g. `class_balanced`, `drw(0.99)`, `oversample(largest) + focal(2)`.
            labels: of the T training rows: (T,) places of classes from 0, (T, C) of 0 and 1, or `Labels`, which may
                have unknown ones; their terms are left out of the loss.
            epochs: of the whole training.
            seed: of the study's seed; methods that use only the labels give that seed's plan.
            vectors: embeddings of the training rows, for methods that choose rows by them.
            low_frequency: which classes count as rare.

        Raises:
            InputError: a method that is more than rows and a loss; the message says what.
        """
        known = labels if isinstance(labels, Labels) else labels_of(np.asarray(labels))
        bound = parse_method(method)
        if "embeddings" in bound.needs and vectors is None:
            raise InputError(f"method {bound} chooses rows by their embeddings; pass them as `vectors`")
        low = classes_matching(known, low_frequency)
        learner = bound.learner(TrainingSet(known, low, generator(seed, "plan", str(bound)), vectors))
        problem = fine_tuning_problem(learner)
        if problem is not None or not isinstance(learner, TrainingPlan):
            raise InputError(f"method {bound} cannot be had as a sampler and a loss: {problem}")
        if epochs < len(learner.stages):
            raise InputError(f"method {bound} trains in {len(learner.stages)} stages; give at least so many epochs")
        plan = learner if known.known is None else learner.masked(known.known)
        return cls(
            plan, epochs, PlanSampler(plan.stages, epochs=epochs, seed=seed), PlanLoss(plan.stages, epochs=epochs)
        )

    def set_epoch(self, epoch: int) -> None:
        """Let sampler and loss be those of an epoch, counted from 0."""
        self.sampler.set_epoch(epoch)
        self.loss.set_epoch(epoch)

    def each_epoch(self) -> Iterator[int]:
        """Yield the epochs, sampler and loss set for each."""
        for epoch in range(self.epochs):
            self.set_epoch(epoch)
            yield epoch

    @property
    def stage(self) -> int:
        """The stage of the epoch that is set, from 0."""
        return int(np.searchsorted(np.cumsum(self.sampler.epochs_by_stage)[:-1], self.sampler.epoch, side="right"))


def labels_of(labels: Shaped[np.ndarray, "T ..."]) -> Labels:
    """Return labels given as arrays.

    Raises:
        InputError: neither places of classes nor a matrix of 0 and 1.
    """
    if labels.ndim == 2:
        return multi_labels(labels)
    if labels.ndim != 1 or labels.dtype.kind not in "iu" or not len(labels) or labels.min() < 0:
        raise InputError(
            f"labels of shape {labels.shape}, type {labels.dtype}: expected places of classes from 0, (T,) whole "
            "numbers, or (T, C) of 0 and 1"
        )
    return single_labels(labels, range(int(labels.max()) + 1))


def fine_tuning_problem(learner: Learner) -> str | None:
    """Return what a sampler and a loss cannot reproduce of a learner, None if they can.

    >>> from tailprobe.learners.plan import Stage
    >>> fine_tuning_problem(TrainingPlan((Stage(np.arange(2)),), recipe_changes={"width": 0}))
    'it changes the recipe of the head: width'
    """
    if isinstance(learner, Ensemble):
        return "it trains several heads and averages them"
    if not isinstance(learner, TrainingPlan):
        return "it fits a head of its own, without gradient descent"
    changes = {
        "it adds rows that are embeddings, not images": learner.synthetic is not None,
        "it corrects the trained head": learner.adjustment is not None,
        f"it changes the recipe of the head: {', '.join(learner.recipe_changes)}": bool(learner.recipe_changes),
        "it changes the optimiser, which is your loop's own": learner.optimiser != Optimiser(),
        "one of its stages trains only the output layer": any(
            stage.trains == "output" or stage.restart_output for stage in learner.stages
        ),
    }
    return next((reason for reason, holds in changes.items() if holds), None)
