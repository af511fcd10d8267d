"""LDAM for one class against the rest: positives must be right by a margin."""

import numpy as np

from tailprobe.learners.loss import Loss, by_label
from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.losses.margins import label_margins
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range


@method(
    "ldam_bce",
    family="loss",
    source="margins of Cao et al., NeurIPS 2019, equation 10 (arXiv:1906.07413), in binary cross-entropy",
    cites=("cao2019",),
    formula="sigmoid of z_c - m n_c^(-1/4) for the classes that an image carries",
    example="ldam_bce(0.5)",
)
def ldam_bce(train: TrainingSet, margin: float = 0.5) -> TrainingPlan:
    """Lower the logit of the classes that an image carries by a margin proportional to n_c^(-1/4) in training.

    Loss: binary cross-entropy of z_c - m_c for positives and of z_c for negatives, m_c proportional to n_c^(-1/4),
    `margin` for the rarest class, in units of the logits. For multi-label images, for which `ldam`, a softmax loss, is
    not defined.

    Assumptions:
        A rare class needs a larger margin to generalise as well as a frequent one.

    When it helps:
        Rare classes are fitted on the training part and missed on the test part.

    Traps:
        The published scale of 30 goes with cosine logits, which this head does not have; a head with a bias can take a
        part of the margin into it, so probabilities of rare classes are too high.

    Args:
        train: the training part.
        margin: of the rarest class, 0 to 1000; 0 is the baseline.

    Raises:
        InputError: a margin outside that range.
    """
    check_range(margin, 0, 1000, what="ldam_bce: margin")
    margins = label_margins(train.labels.counts, margin)
    return TrainingPlan.of(train, Loss(shift=by_label(np.zeros(len(margins)), -margins, len(margins))))
