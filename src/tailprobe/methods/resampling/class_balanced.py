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
    """Draw as many rows per epoch as there are images, every class equally often and its images in turn.

    Each epoch draws different images. Multi-label: an image is drawn for each class it carries and brings its other
    classes along, so classes are more even than before and not equal; images without a class are one more group. The
    number of updates is the baseline's.

    Assumptions:
        A class matters as much whatever its count.

    When it helps:
        Rare classes are learned too late or not at all in the epochs given.

    Traps:
        Images of a rare class are drawn many times per epoch and may be memorised, those of a frequent class only in
        part; a list of rows fixed for all epochs, as some libraries make, is another method; probabilities of rare
        classes are too high.

    Args:
        train: the training part.
    """
    groups = groups_of(train)
    rows = rows_by_share(groups, power_shares(groups, 0.0), train.rng)
    return TrainingPlan((Stage(rows, draws=len(train)),))
