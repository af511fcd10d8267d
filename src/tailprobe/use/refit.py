"""Retrain the chosen method on all labelled images, for the number of epochs that the study chose."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from tailprobe.datasets.images import LabeledImages
from tailprobe.embeddings.precomputed.in_memory import images_without_pixels
from tailprobe.learners.head import Head
from tailprobe.learners.joined_heads import MeanHead
from tailprobe.learners.learner import Ensemble, Learner
from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.recipe import Recipe
from tailprobe.methods.lookup import parse_methods
from tailprobe.progress import Progress, silent
from tailprobe.runs.run import Run
from tailprobe.splits import Split, SplitPlan
from tailprobe.study.design import Design, Repeat, head_tasks, plan_heads
from tailprobe.training.engine import train
from tailprobe.training.task import HeadTask
from tailprobe.use.choice import Choice
from tailprobe.use.study_data import StudyData


@dataclass(frozen=True, eq=False)
class Refitted:
    """The head of a classifier, and the number of epochs it was trained for; 0 without gradient descent."""

    head: Head
    epochs: int


def refit(
    run: Run,
    choice: Choice,
    data: StudyData,
    *,
    ensemble: int = 1,
    checkpoints: Path | None = None,
    progress: Progress = silent,
) -> Refitted:
    """Train a method on all labelled images.

    No images are held out to choose the epoch, so the number of epochs is the median of those that the study's heads of
    the method kept. A correction that a study fits on held-out images is fitted on all images here; the calibration
    that follows uses the study's held-out scores.

    Args:
        run: the finished study.
        choice: encoder and method.
        data: embeddings and labels of all images.
        ensemble: number of heads, each with its own initialisation and order of rows, whose probabilities are averaged.
        checkpoints: a folder for finished heads, from which an interrupted call continues.
        progress: called as progress(stage, done, total).
    """
    epochs = kept_epochs(run, choice)
    design = _design(run, choice, data, ensemble)
    stored = {choice.encoder: data.embeddings}
    planned = plan_heads(design, stored)
    recipe = replace(run.study.recipe, epochs=max(epochs, 1), select="last", patience=0)
    tasks = [_with_epochs(task, recipe) for task in head_tasks(planned, stored, recipe)]
    heads = train(stored, data.labels, tasks, checkpoints=checkpoints, progress=progress)
    members = tuple(fitted.head for fitted in heads.values())
    return Refitted(members[0] if len(members) == 1 else MeanHead(members), epochs)


def kept_epochs(run: Run, choice: Choice) -> int:
    """Return the median of the epochs that the method's heads kept; 0 for heads without gradient descent."""
    table = run.histories
    of_method = (table["encoder"] == choice.encoder) & (table["method"] == choice.method) & table["kept"]
    kept = table.loc[of_method, "epoch"].to_numpy(float)
    return round(float(np.median(kept))) if len(kept) else 0


def _design(run: Run, choice: Choice, data: StudyData, ensemble: int) -> Design:
    """Return a design in which every repeat trains on all images."""
    everything = np.arange(len(data.labels))
    split = Split(everything, everything, everything, test_is_validation=True)
    first = run.study.seed
    method = next(m for m in parse_methods([choice.method]) if str(m) == choice.method)
    images: LabeledImages = images_without_pixels(data.embeddings.names, data.labels, Path(choice.encoder), None, ())
    return Design(
        images,
        SplitPlan(data.labels, "all"),
        run.classes["low_frequency"].to_numpy(bool),
        (method,),
        tuple(Repeat(first + i, split, {}) for i in range(ensemble)),
        equal_updates=run.study.budget == "updates",
    )


def _with_epochs(task: HeadTask, recipe: Recipe) -> HeadTask:
    """Return the task with at least one epoch for each stage of its plan."""
    least = _stages(task.learner)
    return replace(task, recipe=replace(recipe, epochs=max(recipe.max_epochs, least)))


def _stages(learner: Learner) -> int:
    if isinstance(learner, Ensemble):
        return len(learner.members[0].stages)
    return len(learner.stages) if isinstance(learner, TrainingPlan) else 1
