"""Undersampling: frequent classes are cut down to a count."""

import numpy as np
from jaxtyping import Bool, Int

from tailprobe.labels import Labels
from tailprobe.learners.plan import Stage, TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import method
from tailprobe.methods.resampling.target_count import CountRule, Strategy, resolve_count

Rows = Int[np.ndarray, " M"]


@method(
    "undersample",
    family="resampling",
    source="Panigrahi and Zhu, section 4",
    cites=("panigrahi2024",),
    formula="rows left out until n_c <= count",
    example="undersample(low-frequency)",
)
def undersample(
    train: TrainingSet, count: int | CountRule, *, strategy: Strategy = "joint", replacement: bool = False
) -> TrainingPlan:
    """Cut every class down to a count by drawing from its images.

    The plan's rows: a subset with n_c <= count for every class (exactly `count` rows per class with replacement).
    Images that carry no class form one more group, cut down like the others, so that the head still sees some.

    Assumptions:
        Frequent classes are redundant beyond the count.

    When it helps:
        Frequent classes have many more images than the head needs, or training must be short.

    Traps:
        Most images are left out, and with them what they would teach; an epoch has fewer updates: compare with
        `--budget updates`; probabilities of rare classes are too high.

    Args:
        train: the training part.
        count: images per class, or a rule, see `resolve_count`.
        strategy: for images with several labels. `joint`: classes in label order, an image drawn for one class
            counts for every class it carries, and is drawn once; the interpretation that fits the authors' log.
            `per-class`: every class separately, all rows concatenated, so that an image can be drawn several times.
        replacement: draw each class's images with replacement, exactly `count` of them, as the authors' ADE20K
            runs did.

    Raises:
        InputError: a count that `resolve_count` refuses.
    """
    target = resolve_count(count, train)
    groups, rng = _groups(train.labels), train.rng
    if replacement:
        rows = np.concatenate([rng.choice(np.flatnonzero(g), target) for g in groups.T if g.any()])
    elif strategy == "per-class":
        rows = np.concatenate([rng.permutation(np.flatnonzero(g))[:target] for g in groups.T])
    else:
        rows = _jointly(groups, target, rng)
    return TrainingPlan((Stage(rows),), target_count=target)


def _groups(labels: Labels) -> Bool[np.ndarray, "N G"]:
    return np.column_stack([labels.matrix, ~labels.matrix.any(axis=1)])


def _jointly(groups: Bool[np.ndarray, "N G"], target: int, rng: np.random.Generator) -> Rows:
    chosen = np.zeros(len(groups), dtype=bool)
    counts = np.zeros(groups.shape[1], dtype=np.int64)
    for g in range(groups.shape[1]):
        left = np.flatnonzero(groups[:, g] & ~chosen)
        drawn = rng.permutation(left)[: max(0, target - counts[g])]
        chosen[drawn] = True
        counts += groups[drawn].sum(axis=0)
    return np.flatnonzero(chosen)
