"""The scores of single classes at falling numbers of their training images."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from jaxtyping import Float, Int

from tailprobe.comparison.contrasts import TestResult
from tailprobe.comparison.joint import JointSample
from tailprobe.errors import InputError
from tailprobe.investigate.size.subsets import plan_with_fewer, steps_down
from tailprobe.investigate.trials import Material, Tested, Training, Trial, joint_of_class, measure, run_trials
from tailprobe.randomness import generator
from tailprobe.scores.metrics.precision_at_recall import precision_at_recall
from tailprobe.scores.ratio import defined_mean


@dataclass(frozen=True)
class Step:
    """A class with a number of training images."""

    class_name: str
    images: int


@dataclass(frozen=True, eq=False)
class ClassSteps:
    """One class: its scores at K numbers of training images over S seeds."""

    name: str
    images: Int[np.ndarray, " K"]  # ascending
    scores: JointSample  # K numbers
    precision: Float[np.ndarray, "S K"]  # at the wanted recall
    others: Float[np.ndarray, "S K"]  # mean score of all other classes, to see that they stay as they are


def measure_steps(
    material: Material, classes: Sequence[str], training: Training, *, metric: str, recall: float
) -> Iterator[ClassSteps]:
    """Train heads with fewer and fewer images of each class, and measure them.

    The images of a smaller step are drawn from those of the next larger one, again for every seed.

    Args:
        metric: of which higher is better.
        recall: at which the precision is taken.

    Raises:
        InputError: an unknown class, or one with fewer than two training images.
    """
    steps = {name: _steps(material, material.place(name)) for name in classes}
    trials = [trial for name in classes for trial in _trials(material, name, steps[name])]
    tested = run_trials(material, trials, training, total=len(trials))
    for name, of_class in groupby(tested, key=lambda head: head.case.class_name):
        yield _measured(material, name, steps[name], of_class, metric=metric, recall=recall)


def _measured(
    material: Material,
    name: str,
    steps: Sequence[int],
    heads: Iterable[Tested[Step]],
    *,
    metric: str,
    recall: float,
) -> ClassSteps:
    c, seeds = material.place(name), list(material.splits)
    results: dict[int, list[TestResult]] = {step: [] for step in steps}
    precision = np.empty((len(seeds), len(steps)))
    others = np.empty_like(precision)
    for head in heads:
        place = seeds.index(head.seed), steps.index(head.case.images)
        result = measure(material, head, metric)
        results[head.case.images].append(result)
        truth = material.images.labels.matrix[material.splits[head.seed].test]
        precision[place] = precision_at_recall(truth[:, [c]], head.test[:, [c]], recall=recall)[0]
        others[place] = defined_mean(np.delete(result.influence.value, c))
    return ClassSteps(name, np.array(steps), joint_of_class(list(results.values()), c), precision, others)


def _trials(material: Material, name: str, steps: Sequence[int]) -> Iterator[Trial[Step]]:
    c = material.place(name)
    for step in steps:
        for seed, split in material.splits.items():
            labels = material.images.labels.rows(split.train)
            order = generator(seed, "size", name).permutation(np.flatnonzero(labels.matrix[:, c]))
            yield Trial(Step(name, step), seed, plan_with_fewer(labels, c, order[:step]))


def _steps(material: Material, c: int) -> tuple[int, ...]:
    matrix, splits = material.images.labels.matrix, material.splits.values()
    images = min(int(matrix[split.train, c].sum()) for split in splits)
    if images < 2 or not all(matrix[split.test, c].any() for split in splits):
        raise InputError(
            f"class {material.classes[c]!r} has {images} training image(s) or none in a test part; size needs at least "
            "two and one; choose another class or --split stratified"
        )
    return steps_down(images)
