"""Trials: the training runs of an investigation, and their results on the test part of each seed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Generic, TypeVar

import numpy as np
from jaxtyping import Bool, Float, Int

from tailprobe.comparison.contrasts import TestResult
from tailprobe.comparison.joint import JointSample
from tailprobe.datasets.images import LabeledImages
from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.errors import InputError
from tailprobe.frequency import low_frequency_classes
from tailprobe.learners.learner import Learner
from tailprobe.learners.recipe import Recipe
from tailprobe.progress import Progress, silent
from tailprobe.scores.link import probabilities
from tailprobe.scores.rules import find_thresholds
from tailprobe.splits import Split, plan_splits
from tailprobe.training.engine import train
from tailprobe.training.task import HeadKey, HeadTask

_AT_ONCE = 128  # heads in memory
Case = TypeVar("Case")  # what an investigation varies: all seeds of one case are compared with those of another


@dataclass(frozen=True)
class Training:
    """How the heads of an investigation are trained."""

    recipe: Recipe = field(default_factory=Recipe)
    kernel: str = "auto"
    workers: int | None = None
    progress: Progress = silent


@dataclass(frozen=True, eq=False)
class Material:
    """A collection with its embeddings and the split of every seed."""

    embeddings: Embeddings
    images: LabeledImages
    splits: Mapping[int, Split]  # by seed
    low_frequency: Bool[np.ndarray, " C"]

    @classmethod
    def of(
        cls,
        embeddings: Embeddings,
        images: LabeledImages,
        *,
        seeds: int = 10,
        split: str = "rotated",
        first: int = 0,
        low_frequency: str = "percentile(25)",
    ) -> "Material":
        """Split a collection as a study does.

        Raises:
            InputError: as `plan_splits` and `low_frequency_classes`, or a split without a test part of its own.
        """
        plan = plan_splits(images.labels, split, parts=images.given_parts, groups=images.groups, first=first)
        splits = {seed: plan.split(seed) for seed in plan.seeds(seeds)}
        if any(split.test_is_validation for split in splits.values()):
            raise InputError("the validation part is the test part; investigations need a test part of its own")
        return cls(embeddings, images, splits, low_frequency_classes(images.labels, low_frequency))

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the C classes."""
        return self.images.labels.classes

    def place(self, name: str) -> int:
        """Return the column of a class.

        Raises:
            InputError: there is none of that name.
        """
        if name not in self.classes:
            raise InputError(f"there is no class {name!r}; the classes are {', '.join(self.classes)}")
        return self.classes.index(name)

    def group_numbers(self) -> Int[np.ndarray, " N"] | None:
        """Return the number of each image's group, None if images are independent."""
        if self.images.groups is None:
            return None
        return np.asarray(np.unique(np.asarray(self.images.groups), return_inverse=True)[1], dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Trial(Generic[Case]):
    """One head to train: a case under a seed."""

    case: Case
    seed: int
    learner: Learner
    recipe: Recipe | None = None  # if it is not the investigation's


@dataclass(frozen=True, eq=False)
class Tested(Generic[Case]):
    """A trained head's probabilities on both held-out parts of its seed."""

    case: Case
    seed: int
    validation: Float[np.ndarray, "V C"]
    test: Float[np.ndarray, "T C"]
    steps: int  # optimiser steps it took; 0 if it was not trained by gradient descent


def run_trials(
    material: Material, trials: Iterable[Trial[Case]], training: Training, *, total: int
) -> Iterator[Tested[Case]]:
    """Train every trial and yield its probabilities, in the order of the trials.

    Args:
        total: how many trials there are, for the progress.
    """
    left, done, vectors = iter(trials), 0, material.embeddings.vectors
    while batch := list(islice(left, _AT_ONCE)):
        tasks = [_task(material, trial, training.recipe, place=i) for i, trial in enumerate(batch)]
        embeddings = {material.embeddings.encoder: material.embeddings}
        labels = material.images.labels
        heads = train(embeddings, labels, tasks, kernel=training.kernel, workers=training.workers)
        for trial, task in zip(batch, tasks, strict=True):
            split, head = material.splits[trial.seed], heads[task.key]
            of_validation, of_test = (
                probabilities(head.logits(vectors[rows]), head.head.link) for rows in (split.validation, split.test)
            )
            steps = 0 if head.history is None else head.history.steps
            yield Tested(trial.case, trial.seed, of_validation, of_test, steps)
        done += len(batch)
        training.progress("train heads", done, total)


def measure(material: Material, tested: Tested[Case], metric: str) -> TestResult:
    """Measure a head on its test part, with the influence of each image; thresholds come from the validation part.

    Raises:
        InputError: methods cannot be compared in the metric.
    """
    split, labels, rule = material.splits[tested.seed], material.images.labels.matrix, metric.partition("@")[2]
    thresholds = find_thresholds(rule, labels[split.validation], tested.validation) if rule else None
    groups = material.group_numbers()
    of_rows = None if groups is None else groups[split.test]
    return TestResult.measure(metric, split.test, labels[split.test], tested.test, thresholds, of_rows)


def joint_of_class(results: Sequence[Sequence[TestResult]], c: int) -> JointSample:
    """Return P trials' numbers of one class over the seeds, with the influence of each image.

    Args:
        results: for each trial its test parts, seed by seed, in one order of seeds.
    """
    values = np.array([[result.influence.value[c] for result in of_trial] for of_trial in results]).T
    influence = np.stack([np.concatenate([r.influence.influence[:, c] for r in of_trial]) for of_trial in results])
    return JointSample(values, influence, np.concatenate([result.rows for result in results[0]]))


def joint_of_groups(results: Sequence[Sequence[TestResult]], members: Bool[np.ndarray, "G C"]) -> list[JointSample]:
    """Return for each group of classes the P trials' macro means over the seeds, with the influence of each image."""
    units = np.concatenate([result.rows for result in results[0]])
    found = []
    for group in members:
        values = [[float(np.nanmean(r.influence.value[group])) for r in of_trial] for of_trial in results]
        influence = [
            np.concatenate([r.influence.influence[:, group] @ _shares(r.influence.value[group]) for r in of_trial])
            for of_trial in results
        ]
        found.append(JointSample(np.array(values).T, np.stack(influence), units))
    return found


def _shares(values: Float[np.ndarray, " M"]) -> Float[np.ndarray, " M"]:
    defined = ~np.isnan(values)
    return np.asarray(defined / max(int(defined.sum()), 1), dtype=np.float64)


def _task(material: Material, trial: Trial[Case], recipe: Recipe, *, place: int) -> HeadTask:
    """Return the training of a trial; its place in the batch tells its key from the others', and decides no number."""
    split, stored = material.splits[trial.seed], material.embeddings
    return HeadTask(
        HeadKey(stored.encoder, "investigated", trial.seed, place),
        trial.learner,
        trial.recipe or recipe,
        train=split.train,
        validation=split.validation,
        standardise=stored.standardise,
    )
