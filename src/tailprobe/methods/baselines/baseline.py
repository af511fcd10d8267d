"""The baseline: every training row once an epoch, binary cross-entropy, every loss term at weight 1."""

from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import method


@method("baseline", family="baseline")
def baseline(train: TrainingSet) -> TrainingPlan:
    """Train on the data as they are, by binary cross-entropy.

    Loss: the mean over rows and classes of -log p, p the probability given to the right side of each label. Every other
    method that has sigmoid heads is compared with this one.

    Assumptions:
        The test images have the class frequencies of the training images.

    When it helps:
        Always included; rankings are often hard to improve on, thresholds are not.

    Traps:
        At a threshold of 0.5 a rare class may never be predicted although its ranking is good; see `move_threshold`.

    Args:
        train: the training part.
    """
    return TrainingPlan.of(train)
