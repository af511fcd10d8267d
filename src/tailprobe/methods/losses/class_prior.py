"""The prior of each class among the training rows, as losses and corrections use it."""

import numpy as np
from jaxtyping import Float

from tailprobe.labels import Labels


def log_prior(labels: Labels) -> Float[np.ndarray, " C"]:
    """Return (C,) float64, the log of each class's share of a single-label training part; no row counts as half a row.

    >>> log_prior(Labels.from_tags([["a"], ["a"], ["b"], ["a"]], kind="single-label")).round(3)
    array([-0.288, -1.386])
    """
    return np.log(np.maximum(labels.counts, 0.5) / len(labels))


def log_odds(labels: Labels) -> Float[np.ndarray, " C"]:
    """Return (C,) float64, the log odds of carrying each class among the rows whose label is known.

    A class that no row carries, or every row, counts as carried by half a row, or by all rows but half a one.

    >>> log_odds(Labels.from_tags([["a"], ["a", "b"], [], ["a"]])).round(3)
    array([ 1.099, -1.099])
    """
    rows = np.maximum(labels.known_counts, 1)
    positives = np.clip(labels.counts, 0.5, rows - 0.5)
    return np.log(positives / (rows - positives))
