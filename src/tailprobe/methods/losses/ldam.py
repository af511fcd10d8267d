"""LDAM: margins that grow as classes get rarer."""

import numpy as np

from tailprobe.errors import InputError
from tailprobe.learners.loss import Loss, by_label, for_both
from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import method


@method("ldam", family="loss", kinds={"single-label"}, link="softmax", source="Cao et al., NeurIPS 2019, equation 10")
def ldam(train: TrainingSet, margin: float = 0.5, scale: float = 1.0) -> TrainingPlan:
    """Lower the logit of an image's own class by a margin proportional to n_c^(-1/4) in training.

    The largest margin, of the rarest class, is `margin`. The authors multiply by a scale of 30 because their last layer
    gives cosines, which lie within [-1, 1]; the logits of this head are not bounded, so the default scale is 1, at
    which the margin is in units of the logits.

    Args:
        train: the training part.
        margin: of the rarest class, 0 or more.
        scale: all logits are multiplied by it, above 0.

    Raises:
        InputError: a negative margin or a scale that is not above 0.
    """
    if margin < 0 or scale <= 0:
        raise InputError(f"ldam({margin:g}, {scale:g}): expected a margin of 0 or more and a scale above 0")
    margins = np.maximum(train.labels.counts, 1) ** -0.25
    margins = margin * margins / margins.max()
    classes = len(margins)
    own_class = by_label(0.0, -scale * margins, classes)
    return TrainingPlan.of(train, Loss("softmax", scale=for_both(scale, classes), shift=own_class))
