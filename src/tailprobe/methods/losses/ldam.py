"""LDAM: margins that grow as classes get rarer."""

from tailprobe.errors import InputError
from tailprobe.learners.loss import Loss, by_label, for_both
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

    The largest margin, of the rarest class, is `margin`. The authors multiply by a scale of 30 because their last layer
    gives cosines, which lie within [-1, 1]; the logits of this head are not bounded, so the default scale is 1, at
    which the margin is in units of the logits.

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
    return TrainingPlan.of(train, Loss("softmax", scale=for_both(scale, classes), shift=own_class))
