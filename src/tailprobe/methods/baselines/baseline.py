"""The baseline: every training row once an epoch, binary cross-entropy, every loss term at weight 1."""

from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import method


@method("baseline", family="baseline")
def baseline(train: TrainingSet) -> TrainingPlan:
    """Train on the data as they are, by binary cross-entropy."""
    return TrainingPlan.of(train)
