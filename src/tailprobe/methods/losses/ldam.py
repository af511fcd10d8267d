"""LDAM: margins that grow as classes get rarer."""

from tailprobe.errors import InputError
from tailprobe.learners.loss import Loss, by_label, for_both_labels
from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.losses.margins import label_margins
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range


@method(
    "ldam",
    family="loss",
    kinds={"single-label"},
    link="softmax",
    source="Cao et al., NeurIPS 2019, equation 10",
    cites=("cao2019",),
    formula="z_y - m n_y^(-1/4) for an image's own class y",
    example="ldam(0.5)",
)
def ldam(train: TrainingSet, margin: float = 0.5, scale: float = 1.0) -> TrainingPlan:
    """Lower the logit of an image's own class by a margin proportional to n_c^(-1/4) in training.

    Loss: -log softmax(scale (z - m_y e_y))_y, m_c proportional to n_c^(-1/4), e_y 1 for the image's own class and 0
    otherwise. The largest margin, of the rarest class, is `margin`. The authors multiply by a scale of 30 because their
    last layer gives cosines, which are within [-1, 1]; the logits of this head are not bounded, so the default scale is
    1 and the margin is in units of the logits.

    Assumptions:
        A rare class needs a larger margin to generalise as well as a frequent one.

    When it helps:
        Rare classes are fitted on the training part and missed on the test part.

    Traps:
        With unbounded logits the head can satisfy any margin by larger weights, so that little is left of it;
        implementations differ in what the scale multiplies, and one ignores it.

    Args:
        train: the training part.
        margin: of the rarest class, 0 to 1000.
        scale: all logits are multiplied by it, above 0, at most 1000.

    Raises:
        InputError: a margin or a scale outside its range.
    """
    check_range(margin, 0, 1000, what="ldam: margin")
    if not 0 < scale <= 1000:
        raise InputError(f"ldam: scale is {scale:g}; expected above 0, at most 1000")
    margins = label_margins(train.labels.counts, margin)
    classes = len(margins)
    own_class = by_label(0.0, -scale * margins, classes)
    return TrainingPlan.of(train, Loss("softmax", scale=for_both_labels(scale, classes), shift=own_class))
