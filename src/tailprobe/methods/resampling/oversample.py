"""Oversampling: rare classes are repeated up to a count."""

import numpy as np
from jaxtyping import Int

from tailprobe.labels import Labels
from tailprobe.learners.plan import Stage, TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import method
from tailprobe.methods.resampling.target_count import CountRule, Strategy, resolve_count

Rows = Int[np.ndarray, " M"]


@method(
    "oversample",
    family="resampling",
    source="Panigrahi and Zhu, section 4",
    cites=("panigrahi2024",),
    formula="rows repeated until n_c >= count",
    example="oversample(largest)",
)
def oversample(train: TrainingSet, count: int | CountRule, *, strategy: Strategy = "joint") -> TrainingPlan:
    """Repeat the images of every class below a count until it is reached; every image is kept at least once.

    The plan's rows: all training rows, and repeats until n_c >= count for every class.

    Assumptions:
        Repeating an image is as good as another image of the class.

    When it helps:
        Rare classes are learned too late or not at all in the epochs given.

    Traps:
        An epoch takes more updates: compare with `--budget updates`; repeats may be memorised; with several labels
        repeats bring frequent classes along; probabilities of rare classes are too high.

    Args:
        train: the training part; images to repeat are drawn with replacement.
        count: images per class, or a rule, see `resolve_count`.
        strategy: for images with several labels. `joint`: all images once, then classes in label order, an image
            drawn for one class counts for every class it carries; the interpretation that fits the authors' log
            (314,853 rows of 32,370). `per-class`: every class separately, its images once and then repeats up to the
            count, all rows concatenated (510,000 rows).

    Raises:
        InputError: a count that `resolve_count` refuses.
    """
    target = resolve_count(count, train)
    draw = _per_class if strategy == "per-class" else _jointly
    return TrainingPlan((Stage(draw(train.labels, target, train.rng)),), target_count=target)


def _jointly(labels: Labels, target: int, rng: np.random.Generator) -> Rows:
    lists = [np.arange(len(labels))]
    counts = labels.counts
    for c in range(len(labels.classes)):
        if 0 < counts[c] < target:
            drawn = rng.choice(np.flatnonzero(labels.matrix[:, c]), target - counts[c])
            counts = counts + labels.matrix[drawn].sum(axis=0)
            lists.append(drawn)
    return np.concatenate(lists)


def _per_class(labels: Labels, target: int, rng: np.random.Generator) -> Rows:
    lists = [np.flatnonzero(~labels.matrix.any(axis=1))]
    for c in range(len(labels.classes)):
        carriers = np.flatnonzero(labels.matrix[:, c])
        if carriers.size:
            repeats = rng.choice(carriers, max(0, target - carriers.size))
            lists += [carriers, repeats]
    return np.concatenate(lists)
