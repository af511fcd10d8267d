"""Hyper-parameter search: the recipe with the lowest validation loss."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.errors import InputError
from tailprobe.labels import Labels
from tailprobe.learners.recipe import Recipe
from tailprobe.progress import Progress, silent
from tailprobe.training.engine import train
from tailprobe.training.schedule import TrainHeads, train_all
from tailprobe.training.task import HeadTask


@dataclass(frozen=True)
class SearchSpace:
    """The grid of values; every combination is trained.

    >>> len(SearchSpace(dropout=(0.2,)).recipes(Recipe()))
    16
    """

    learning_rate: tuple[float, ...] = (1e-4, 3e-4, 1e-3, 3e-3)
    batch_size: tuple[int, ...] = (64, 256)
    dropout: tuple[float, ...] = (0.0, 0.2, 0.5)
    width: tuple[int, ...] = (128, 512)

    def recipes(self, base: Recipe) -> tuple[Recipe, ...]:
        """Return a recipe for every combination, with all other settings as in `base`."""
        values = product(self.learning_rate, self.batch_size, self.dropout, self.width)
        return tuple(replace(base, learning_rate=r, batch_size=b, dropout=d, width=w) for r, b, d, w in values)


def search_recipes(
    embeddings: Mapping[str, Embeddings],
    labels: Labels,
    tasks: Sequence[HeadTask],
    recipes: Sequence[Recipe],
    *,
    workers: int | None = None,
    kernel: str = "auto",
    schedule: TrainHeads = train_all,
    checkpoints: Path | None = None,
    progress: Progress = silent,
) -> pd.DataFrame:
    """Train every task with every recipe, in one call of the engine, and rank the recipes of each encoder.

    The test part is not used: the criterion is the lowest validation loss of a head, averaged over the tasks of the
    encoder.

    Args:
        embeddings: by encoder.
        labels: (N, C).
        tasks: the heads to train with each recipe, usually the baseline of every encoder and seed.
        recipes: the recipes to compare.
        workers, kernel, schedule, checkpoints, progress: as in `train`.

    Returns:
        One row for each (encoder, recipe), best first: encoder, recipe (position in `recipes`), learning_rate,
        batch_size, dropout, width, validation_loss (mean over tasks), deviation (standard deviation over tasks), epoch
        (mean of the best one, counted from 1).

    Raises:
        InputError: there are no recipes, or as `train`.
    """
    if not recipes:
        raise InputError("the search has no recipes; give at least one value for each of its settings")
    trials = [
        replace(task, recipe=recipe, key=replace(task.key, recipe=index))
        for task in tasks
        for index, recipe in enumerate(recipes)
    ]
    heads = train(
        embeddings,
        labels,
        trials,
        kernel=kernel,
        workers=workers,
        schedule=schedule,
        checkpoints=checkpoints,
        progress=progress,
    )
    rows = [
        {
            "encoder": key.encoder,
            "recipe": key.recipe,
            "validation_loss": float(fitted.history.validation_loss.min()),
            "epoch": int(np.argmin(fitted.history.validation_loss)) + 1,
        }
        for key, fitted in heads.items()
        if fitted.history is not None
    ]
    grouped = pd.DataFrame(rows).groupby(["encoder", "recipe"], sort=False)
    table = grouped.agg(
        validation_loss=("validation_loss", "mean"), deviation=("validation_loss", "std"), epoch=("epoch", "mean")
    ).reset_index()
    columns = ("learning_rate", "batch_size", "dropout", "width")
    for position, column in enumerate(columns, start=2):
        table.insert(position, column, [getattr(recipes[i], column) for i in table["recipe"]])
    return table.sort_values(["encoder", "validation_loss"], kind="stable").reset_index(drop=True)
