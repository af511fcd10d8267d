"""Class-balanced sampling: a class is drawn, then one of its images."""

from tailprobe.learners.plan import Stage, TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import method
from tailprobe.methods.resampling.class_shares import groups_of, power_shares, rows_by_share


@method(
    "class_balanced",
    family="resampling",
    source="Shen et al., ECCV 2016 (arXiv:1512.05830); Kang et al., ICLR 2020, section 3 (arXiv:1910.09217)",
    cites=("shen2016", "kang2020"),
    formula="P(c) = 1 / C for each row of an epoch, then an image of c in turn",
)
def class_balanced(train: TrainingSet) -> TrainingPlan:
    """Draw as many rows an epoch as there are images, every class equally often, its images in turn.

    Other images come in each epoch. Multi-label: an image comes for each class it carries, and brings its other
    classes along, so that classes are more even than before and not equal; images without a class are one more group.
    Helps where rare classes are learned too late; the number of updates is the baseline's.

    Traps: images of a rare class come many times an epoch and are learned by heart; a frequent class's images are
    seen in part. A list fixed for all epochs, as some libraries make, is another method.

    Args:
        train: the training part.
    """
    groups = groups_of(train)
    rows = rows_by_share(groups, power_shares(groups, 0.0), train.rng)
    return TrainingPlan((Stage(rows, draws=len(train)),))
