"""The number of images per class that a resampling aims at: a number, or a rule that fits any dataset."""

from typing import Literal

import numpy as np

from tailprobe.errors import InputError
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.ranges import check_range

CountRule = Literal["smallest", "low-frequency", "median", "largest"]
Strategy = Literal["joint", "per-class"]


def resolve_count(count: int | CountRule, train: TrainingSet) -> int:
    """Return the number of images per class that `count` means for these training rows.

    Args:
        count: a number from 1 to ten million, or `smallest` (the rarest class's count), `low-frequency` (the median
            count of the low-frequency classes, the paper's "approximately the frequency of the lower-frequency
            classes": 209 on all of Planet, where the paper takes 200), `median`, or `largest` (the most frequent
            class's count: 30,010 on the authors' Planet training part, where the paper takes 30,000).
        train: the training part; classes that no training row carries are ignored.

    Raises:
        InputError: a count outside that range, or no class that the rule is about has a training row.
    """
    if isinstance(count, int):
        check_range(count, 1, 10**7, what="images per class: count")
        return count
    counts = train.labels.counts[train.low_frequency] if count == "low-frequency" else train.labels.counts
    counts = counts[counts > 0]
    if not counts.size:
        raise InputError(f"count {count!r}: no such class among the training rows")
    pick = {"smallest": np.min, "largest": np.max}.get(count, np.median)
    return max(1, round(float(pick(counts))))
