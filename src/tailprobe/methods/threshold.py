"""The count that a resampling aims at: given, or by a rule that fits any dataset."""

import numpy as np
from jaxtyping import Bool

from tailprobe.errors import InputError
from tailprobe.labels import Labels

RULES = ("smallest", "low-frequency", "median", "largest")


def resolve_threshold(threshold: float | str, labels: Labels, low_frequency: Bool[np.ndarray, " C"]) -> int:
    """Return the number of images a class that `threshold` means for these training rows.

    Args:
        threshold: a count, >= 1, or `smallest` (the rarest class's count), `low-frequency` (the median count of the
            low-frequency classes, the paper's "approximately the frequency of the lower-frequency classes": 209 on
            all of Planet, where the paper takes 200), `median`, or `largest` (the most frequent class's count: 30,010
            on the authors' Planet training part, where the paper takes 30,000).
        labels: (N, C) labels of the training rows; classes that no training row carries are passed over.
        low_frequency: (C,) the rare classes.

    Raises:
        InputError: another word, a count below 1, or no fitting class among the training rows.
    """
    if isinstance(threshold, str):
        counts = {
            "smallest": labels.counts,
            "largest": labels.counts,
            "median": labels.counts,
            "low-frequency": labels.counts[low_frequency],
        }.get(threshold)
        if counts is None:
            raise InputError(f"threshold {threshold!r} is neither a count nor one of {', '.join(RULES)}")
        counts = counts[counts > 0]
        if not counts.size:
            raise InputError(f"threshold {threshold!r}: no such class among the training rows")
        pick = {"smallest": np.min, "largest": np.max}.get(threshold, np.median)
        return max(1, round(float(pick(counts))))
    if threshold < 1 or threshold != int(threshold):
        raise InputError(f"threshold {threshold}: expected a whole number of images, 1 or more")
    return int(threshold)


READINGS = ("sequence", "each")


def check_reading(reading: str) -> None:
    """Refuse a reading that is neither `sequence` nor `each`."""
    if reading not in READINGS:
        raise InputError(f"reading {reading!r} is not known; choose {' or '.join(READINGS)}")
