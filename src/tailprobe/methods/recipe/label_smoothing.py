"""Label smoothing: a share of each label is spread over the possible outcomes."""

from tailprobe.learners.loss import Loss, for_both_labels
from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range


@method(
    "label_smoothing",
    family="recipe",
    source="Szegedy et al., CVPR 2016, section 7 (arXiv:1512.00567); of each class against the rest, over two outcomes",
    cites=("szegedy2016",),
    formula="targets (1 - s) y + s / 2; under softmax (1 - s) y + s / C",
    example="label_smoothing(0.2)",
)
def label_smoothing(train: TrainingSet, share: float = 0.1) -> TrainingPlan:
    """Train towards labels of which a share is spread over the possible outcomes.

    Composed with a softmax method, as `softmax + label_smoothing(0.1)`, the share is spread over the C classes. The
    default is the paper's.

    Assumptions:
        No image is certain, and the right size of logits is bounded.

    When it helps:
        The head is overconfident; labels are noisy.

    Traps:
        Of a class carried by one image in a thousand a score of share / 2 = 0.05 is far too high: calibration of rare
        classes gets worse, and a threshold of 0.5 does not see it. Not with a loss that focuses or clips.

    Args:
        train: the training part.
        share: 0 to 0.99; 0 is the baseline.

    Raises:
        InputError: a share outside that range.
    """
    check_range(share, 0, 0.99, what="label_smoothing: share")
    return TrainingPlan.of(train, Loss(smoothing=for_both_labels(share, len(train.labels.classes))))
