"""The baseline: every training row once, every loss term at weight 1."""

import numpy as np
from jaxtyping import Bool

from tailprobe.labels import Labels
from tailprobe.methods.method import METHODS
from tailprobe.methods.plan import TrainingPlan


@METHODS.register("baseline")
def baseline(labels: Labels, low_frequency: Bool[np.ndarray, " C"], rng: np.random.Generator) -> TrainingPlan:
    """Train on the data as they are."""
    return TrainingPlan(rows=np.arange(len(labels)))
