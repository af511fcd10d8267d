"""Hyper-parameter search: every method with the same recipes, ranked by the study's criterion on validation rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.errors import InputError
from tailprobe.labels import Labels
from tailprobe.learners.history import FittedHead
from tailprobe.learners.learner import Ensemble
from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.recipe import Recipe
from tailprobe.progress import Progress, silent
from tailprobe.training.checkpointing import macro_average_precision
from tailprobe.training.engine import train
from tailprobe.training.schedule import TrainHeads, train_all
from tailprobe.training.task import HeadTask

SEARCHED = ("learning_rate", "batch_size", "dropout", "width")


@dataclass(frozen=True)
class SearchSpace:
    """The values to try, and how many of their combinations.

    >>> len(SearchSpace(dropout=(0.2,)).recipes(Recipe())), len(SearchSpace(trials=5).recipes(Recipe()))
    (16, 5)
    """

    learning_rate: tuple[float, ...] = (1e-4, 3e-4, 1e-3, 3e-3)
    batch_size: tuple[int, ...] = (64, 256)
    dropout: tuple[float, ...] = (0.0, 0.2, 0.5)
    width: tuple[int, ...] = (128, 512)
    trials: int = 20  # combinations of each method; all of them where there are fewer

    def recipes(self, base: Recipe) -> tuple[Recipe, ...]:
        """Return a recipe for every trial, with all other settings as in `base`: the same for every method.

        Combinations are drawn at random, always the same ones; `base` comes first where it is one of them.

        Source:
            Bergstra and Bengio, JMLR 2012, for random search.
        """
        values = product(self.learning_rate, self.batch_size, self.dropout, self.width)
        every = [replace(base, learning_rate=r, batch_size=b, dropout=d, width=w) for r, b, d, w in values]
        order = np.random.default_rng(0).permutation(len(every)).tolist()
        drawn = sorted((every[i] for i in order), key=lambda recipe: recipe != base)
        return tuple(drawn[: self.trials])


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
    """Train every task with every recipe, and rank the recipes of each encoder and method by the recipes' `select`.

    The criterion is the mean over the tasks of an encoder and method: with `select="loss"` the lowest validation loss
    of the head's link, else the macro average precision of the head that is kept. A loss ranks recipes of one method
    and must not be compared between methods. The test part is not used.

    Args:
        embeddings: by encoder.
        labels: (N, C).
        tasks: the heads to train with each recipe: a method's of every encoder and seed.
        recipes: the recipes to compare, all of one `select`.
        workers, kernel, schedule, checkpoints, progress: as in `train`.

    Returns:
        One row for each (encoder, method, recipe), the best recipe of each encoder and method first: encoder, method,
        recipe (position in `recipes`), learning_rate, batch_size, dropout, width, average_precision and
        validation_loss (means over tasks; the loss is NaN for heads fitted in their own way), deviation (standard
        deviation of the criterion over tasks), epoch (mean of the kept one, counted from 1).

    Raises:
        InputError: there are no recipes, or as `train`.
    """
    if not recipes:
        raise InputError("the search has no recipes; give at least one value for each of its settings")
    trials = [
        replace(task, recipe=recipe, key=replace(task.key, recipe=index))
        for task in tasks
        for index, recipe in enumerate(recipes)
        if index == 0 or is_tunable(task)
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
    by_key = {task.key: task for task in trials}
    rows = [_row(by_key[key], fitted, embeddings[key.encoder], labels) for key, fitted in heads.items()]
    return _ranked(pd.DataFrame(rows), recipes)


def set_by_method(task: HeadTask) -> frozenset[str]:
    """Return the searched settings that a recipe cannot change: all of them for heads fitted in their own way."""
    plan = task.learner.members[0] if isinstance(task.learner, Ensemble) else task.learner
    return frozenset(plan.recipe_changes if isinstance(plan, TrainingPlan) else SEARCHED)


def is_tunable(task: HeadTask) -> bool:
    """Return whether a task is searched: not heads fitted in their own way, nor methods with their own learning rate.

    A method that sets its learning rate, as `sgd`, states what it is compared at.
    """
    return "learning_rate" not in set_by_method(task)


def _row(task: HeadTask, fitted: FittedHead, stored: Embeddings, labels: Labels) -> dict[str, object]:
    rows, history = task.validation, fitted.history
    logits = fitted.logits(stored.vectors[rows])
    precision = macro_average_precision(logits, labels.matrix[rows], fitted.head.link, labels.known_of(rows))
    return {
        "encoder": task.key.encoder,
        "method": task.key.method,
        "recipe": task.key.recipe,
        "average_precision": precision,
        "validation_loss": np.nan if history is None else float(history.validation_loss.min()),
        "epoch": np.nan if history is None else history.kept_epoch + 1,
    }


def _ranked(rows: pd.DataFrame, recipes: Sequence[Recipe]) -> pd.DataFrame:
    criterion = "validation_loss" if recipes[0].select == "loss" else "average_precision"
    grouped = rows.groupby(["encoder", "method", "recipe"], sort=False)
    table = grouped.agg(
        average_precision=("average_precision", "mean"),
        validation_loss=("validation_loss", "mean"),
        deviation=(criterion, "std"),
        epoch=("epoch", "mean"),
    ).reset_index()
    for position, column in enumerate(SEARCHED, start=3):
        table.insert(position, column, [getattr(recipes[i], column) for i in table["recipe"]])
    methods = pd.Categorical(table["method"], list(dict.fromkeys(table["method"])), ordered=True)
    better = table[criterion] if criterion == "validation_loss" else -table[criterion]
    order = pd.DataFrame({"encoder": table["encoder"], "method": methods, "by": better})
    place = order.sort_values(["encoder", "method", "by"], kind="stable").index
    return table.loc[place].reset_index(drop=True)
