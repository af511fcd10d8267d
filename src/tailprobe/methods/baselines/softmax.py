"""Softmax cross-entropy: the baseline of the methods for single-label images that use its link."""

from tailprobe.learners.loss import Loss
from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import method


@method("softmax", family="baseline", kinds={"single-label"}, link="softmax")
def softmax(train: TrainingSet) -> TrainingPlan:
    """Train on the data as they are, by softmax cross-entropy.

    Loss: the mean over rows of -log softmax(z)_y, y the row's class. Every other method that has softmax heads is
    compared with this one.

    Assumptions:
        Each image carries exactly one class, and the test images have the class frequencies of the training images.

    When it helps:
        Single-label images; the reference of the softmax methods.

    Traps:
        Raw softmax logits of different images are not comparable: metrics use log-probabilities.

    Args:
        train: the training part.
    """
    return TrainingPlan.of(train, Loss("softmax"))
