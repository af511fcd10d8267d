"""Softmax cross-entropy: the baseline of the methods for single-label images that use its link."""

from tailprobe.learners.loss import Loss
from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import method


@method("softmax", family="baseline", kinds={"single-label"}, link="softmax")
def softmax(train: TrainingSet) -> TrainingPlan:
    """Train on the data as they are, by softmax cross-entropy."""
    return TrainingPlan.of(train, Loss("softmax"))
