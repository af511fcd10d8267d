"""HeadTask: one head to train."""

import hashlib
import json
from dataclasses import asdict, dataclass, replace

import numpy as np
from jaxtyping import Int

from tailprobe.errors import InputError
from tailprobe.labels import Labels
from tailprobe.learners.learner import Learner
from tailprobe.learners.plan import Stage, TrainingPlan
from tailprobe.learners.recipe import Recipe
from tailprobe.training.draws import epochs_by_stage, rows_of_epoch


@dataclass(frozen=True, order=True)
class HeadKey:
    """Which head: no two of a study are equal."""

    encoder: str
    method: str  # the canonical text of the bound method
    seed: int
    recipe: int = 0  # which of a search's recipes; a comparison has one


@dataclass(frozen=True, eq=False)
class ScheduledStage:
    """A stage of a plan with its place in the training."""

    stage: Stage
    index: int
    epochs: int  # at most
    is_last: bool


@dataclass(frozen=True, eq=False)
class HeadTask:
    """Train one head on the training rows as its learner says; the validation rows choose the epoch."""

    key: HeadKey
    learner: Learner
    recipe: Recipe  # the study's; the plan may change it, see `effective_recipe`
    train: Int[np.ndarray, " T"]  # rows of the embeddings; a plan's rows are positions in this
    validation: Int[np.ndarray, " V"]
    standardise: bool = False  # by mean and deviation of the training rows
    member: int = 0  # of an ensemble: each has random streams of its own

    @property
    def plan(self) -> TrainingPlan:
        """The learner, where it is a plan.

        Raises:
            TypeError: it is another one.
        """
        if not isinstance(self.learner, TrainingPlan):
            raise TypeError(f"the learner of {self.key} is no plan of gradient descent")
        return self.learner

    def masked(self, labels: Labels) -> "HeadTask":
        """Return the task whose plan leaves out the terms of labels that are not known."""
        known = labels.known_of(self.train)
        return self if known is None or known.all() else replace(self, learner=self.plan.masked(known))

    @property
    def effective_recipe(self) -> Recipe:
        """The study's recipe with the changes of the plan."""
        return self.plan.recipe(self.recipe)

    @property
    def stream_seed(self) -> int:
        """What initialisation, order and dropout are drawn from: the key's seed, or one of an ensemble's member."""
        if not self.member:
            return self.key.seed
        entropy = np.random.SeedSequence([self.key.seed, self.member]).generate_state(2, np.uint64)
        return int(entropy[0] >> np.uint64(1))

    @property
    def batch(self) -> int:
        """Rows of the largest batch."""
        return min(self.effective_recipe.batch_size, self.plan.rows_per_epoch)

    def schedule(self) -> tuple[ScheduledStage, ...]:
        """Return the stages with the epochs that each may take: its share of the recipe's, at least one.

        Raises:
            InputError: the recipe has fewer epochs than the plan has stages.
        """
        stages, epochs = self.plan.stages, self.effective_recipe.max_epochs
        if epochs < len(stages):
            raise InputError(f"method {self.key.method} trains in {len(stages)} stages; give at least so many epochs")
        last = len(stages) - 1
        of_each = epochs_by_stage(stages, epochs)
        return tuple(ScheduledStage(stage, i, of_each[i], i == last) for i, stage in enumerate(stages))

    @property
    def steps(self) -> int:
        """Optimiser steps over all epochs, if none is left out by early stopping; 0 for what is no gradient descent."""
        if not isinstance(self.learner, TrainingPlan):
            return 0
        return sum(stage.epochs * self.steps_per_epoch(stage.stage) for stage in self.schedule())

    def steps_per_epoch(self, stage: Stage) -> int:
        """Return the optimiser steps of one epoch of a stage."""
        return -(-stage.rows_per_epoch // self.effective_recipe.batch_size)

    def draw(self, stage: ScheduledStage, epoch: int) -> Int[np.ndarray, " M"]:
        """Return the plan's rows that an epoch of a stage, counted from 0, goes through; see `rows_of_epoch`."""
        return rows_of_epoch(stage.stage, epoch, seed=self.stream_seed, index=stage.index)

    def digest(self, *data: str) -> str:
        """Return a hex digest of all that decides the training, never of the method's name or of its correction.

        Args:
            data: the fingerprints of embeddings and labels, and the name of the kernel.
        """
        settings = [
            self.key.encoder,
            self.stream_seed,
            asdict(self.recipe),
            self.standardise,
            self.learner.digest(),
            *data,
        ]
        digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
        for rows in (self.train, self.validation):
            digest.update(np.ascontiguousarray(rows, dtype=np.int64).tobytes())
        return digest.hexdigest()
