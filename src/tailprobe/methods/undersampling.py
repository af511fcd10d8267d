"""Undersampling: frequent classes are cut down to a threshold."""

import numpy as np
from jaxtyping import Bool, Int

from tailprobe.labels import Labels
from tailprobe.methods.method import METHODS
from tailprobe.methods.plan import TrainingPlan
from tailprobe.methods.threshold import check_reading, resolve_threshold

Rows = Int[np.ndarray, " M"]


@METHODS.register("undersample")
def undersample(
    labels: Labels,
    low_frequency: Bool[np.ndarray, " C"],
    rng: np.random.Generator,
    threshold: float | str,
    *,
    reading: str = "sequence",
    replacement: str = "no",
) -> TrainingPlan:
    """Cut every class down to a threshold by drawing from its images.

    Args:
        labels: (N, C) labels of the training rows.
        low_frequency: (C,) used by the rule `low-frequency`.
        rng: draws the images.
        threshold: a count or a rule, see `resolve_threshold`.
        reading: for images with several labels. `sequence`: classes in label order, an image drawn for one class
            counts for every class it carries, and is drawn once; the reading that fits the authors' log. `each`:
            every class on its own, lists joined, so that an image can come several times.
        replacement: `yes` draws each class's images with replacement, exactly `threshold` of them, as the authors'
            ADE20K runs did.

    Images that carry no class at all form one more group, cut down like the others, so that the head still sees some.

    Source:
        Panigrahi and Zhu, section 4; the readings are those of findings.md.
    """
    check_reading(reading)
    target = resolve_threshold(threshold, labels, low_frequency)
    groups = _groups(labels)
    if replacement == "yes":
        rows = np.concatenate([rng.choice(np.flatnonzero(g), target) for g in groups.T if g.any()])
    elif reading == "each":
        rows = np.concatenate([rng.permutation(np.flatnonzero(g))[:target] for g in groups.T])
    else:
        rows = _in_sequence(groups, target, rng)
    return TrainingPlan(rows, threshold=target)


def _groups(labels: Labels) -> Bool[np.ndarray, "N G"]:
    return np.column_stack([labels.matrix, ~labels.matrix.any(axis=1)])


def _in_sequence(groups: Bool[np.ndarray, "N G"], target: int, rng: np.random.Generator) -> Rows:
    chosen = np.zeros(len(groups), dtype=bool)
    counts = np.zeros(groups.shape[1], dtype=np.int64)
    for g in range(groups.shape[1]):
        left = np.flatnonzero(groups[:, g] & ~chosen)
        drawn = rng.permutation(left)[: max(0, target - counts[g])]
        chosen[drawn] = True
        counts += groups[drawn].sum(axis=0)
    return np.flatnonzero(chosen)
