"""Oversampling: rare classes are repeated up to a threshold."""

import numpy as np
from jaxtyping import Bool, Int

from tailprobe.labels import Labels
from tailprobe.methods.method import METHODS
from tailprobe.methods.plan import TrainingPlan
from tailprobe.methods.threshold import check_reading, resolve_threshold

Rows = Int[np.ndarray, " M"]


@METHODS.register("oversample")
def oversample(
    labels: Labels,
    low_frequency: Bool[np.ndarray, " C"],
    rng: np.random.Generator,
    threshold: float | str,
    *,
    reading: str = "sequence",
) -> TrainingPlan:
    """Repeat the images of every class below a threshold until it is reached; every image is kept at least once.

    Args:
        labels: (N, C) labels of the training rows.
        low_frequency: (C,) used by the rule `low-frequency`.
        rng: draws the images to repeat, with replacement.
        threshold: a count or a rule, see `resolve_threshold`.
        reading: for images with several labels. `sequence`: all images once, then classes in label order, an image
            drawn for one class counts for every class it carries; the reading that fits the authors' log (314,853
            rows of 32,370). `each`: every class on its own, its images once and then repeats up to the threshold,
            lists joined (510,000 rows).

    Source:
        Panigrahi and Zhu, section 4; the readings are those of findings.md.
    """
    check_reading(reading)
    target = resolve_threshold(threshold, labels, low_frequency)
    rows = _each(labels, target, rng) if reading == "each" else _in_sequence(labels, target, rng)
    return TrainingPlan(rows, threshold=target)


def _in_sequence(labels: Labels, target: int, rng: np.random.Generator) -> Rows:
    lists = [np.arange(len(labels))]
    counts = labels.counts
    for c in range(len(labels.classes)):
        if 0 < counts[c] < target:
            drawn = rng.choice(np.flatnonzero(labels.matrix[:, c]), target - counts[c])
            counts = counts + labels.matrix[drawn].sum(axis=0)
            lists.append(drawn)
    return np.concatenate(lists)


def _each(labels: Labels, target: int, rng: np.random.Generator) -> Rows:
    lists = [np.flatnonzero(~labels.matrix.any(axis=1))]
    for c in range(len(labels.classes)):
        carriers = np.flatnonzero(labels.matrix[:, c])
        if carriers.size:
            repeats = rng.choice(carriers, max(0, target - carriers.size))
            lists += [carriers, repeats]
    return np.concatenate(lists)
