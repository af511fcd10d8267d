"""Before a study: what its class counts, methods and seeds would detect on the low-frequency classes."""

import numpy as np
from jaxtyping import Bool, Int

from tailprobe.comparison.planning import plan_study, planned_sentences
from tailprobe.datasets.images import LabeledImages
from tailprobe.scores.metric import metric_title
from tailprobe.study.explanation import group_numbers

METRIC = "average_precision"  # the constants of the formula in comparison/planning.py are for this metric


def plan_sentences(
    images: LabeledImages, low_frequency: Bool[np.ndarray, " C"], *, seeds: int, methods: int, margin: float
) -> list[str]:
    """Return sentences: what a study would detect, and which classes need more labels for it to detect the margin.

    Args:
        images: the labelled images.
        low_frequency: (C,) the classes that the study's rule selects.
        seeds: number of seeds.
        methods: number of methods that can change the ranking of their baseline, summed over all encoders.
        margin: the difference that matters.
    """
    plan = plan_study(independent_counts(images), low_frequency, seeds=seeds, methods=methods, margin=margin)
    names = [name for name, low in zip(images.labels.classes, low_frequency, strict=True) if low]
    return planned_sentences(plan, names, title=metric_title(METRIC), group="the low-frequency classes")


def independent_counts(images: LabeledImages) -> Int[np.ndarray, " C"]:
    """Return (C,) the number of images that carry each class or, if images have groups, of groups that do."""
    group = group_numbers(images)
    if group is None:
        return images.labels.counts
    return np.array([len(np.unique(group[carried])) for carried in images.labels.matrix.T], dtype=np.int64)
