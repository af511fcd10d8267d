"""HeadTask: one head to train."""

import hashlib
import json
from dataclasses import asdict, dataclass

import numpy as np
from jaxtyping import Int

from tailprobe.methods.plan import TrainingPlan
from tailprobe.training.randomness import row_order
from tailprobe.training.recipe import Recipe


@dataclass(frozen=True, order=True)
class HeadKey:
    """Which head: no two of a study are equal."""

    encoder: str
    method: str
    seed: int
    recipe: int = 0  # which of a search's recipes; a comparison has one


@dataclass(frozen=True, eq=False)
class HeadTask:
    """Train one head on the training rows as its plan says; the validation rows choose the epoch."""

    key: HeadKey
    plan: TrainingPlan
    recipe: Recipe
    train: Int[np.ndarray, " T"]  # rows of the embeddings; the plan's rows are positions in this
    validation: Int[np.ndarray, " V"]
    standardise: bool = False  # by mean and deviation of the training rows

    @property
    def steps_an_epoch(self) -> int:
        """Optimiser steps of one epoch."""
        return -(-self.plan.drawn // self.recipe.batch_size)

    @property
    def steps(self) -> int:
        """Optimiser steps over all epochs, if none is left out by early stopping."""
        return self.steps_an_epoch * self.recipe.epochs

    def draw(self, epoch: int) -> Int[np.ndarray, " M"]:
        """Return the plan's rows that an epoch, counted from 0, goes through, in their order.

        Every pass through the plan's rows is in a new order; an epoch that is longer or shorter than a pass goes on
        where the last one ended.
        """
        rows, many = self.plan.rows, self.plan.drawn
        first, last = epoch * many, (epoch + 1) * many
        passes = range(first // len(rows), -(-last // len(rows)))
        order = np.concatenate([row_order(self.key.seed, i, len(rows)) for i in passes])
        start = first - passes.start * len(rows)
        return rows[order[start : start + many]]

    def digest(self, *data: str) -> str:
        """Return a hex digest of all that decides the head's numbers; `data` are the fingerprints of its inputs."""
        plan = self.plan
        digest = hashlib.sha256()
        settings = [asdict(self.key), asdict(self.recipe), self.standardise, plan.weigh_batches, plan.drawn]
        settings += [plan.positive_focus, plan.negative_focus, *data]
        digest.update(json.dumps(settings, sort_keys=True).encode())
        for array in (
            plan.rows,
            plan.row_weights,
            plan.positive_weights,
            plan.negative_weights,
            self.train,
            self.validation,
        ):
            digest.update(b"\0" if array is None else str(array.dtype).encode() + np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()
