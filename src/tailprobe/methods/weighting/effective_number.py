"""Class-balanced weights by the effective number of images."""

import numpy as np
from jaxtyping import Float, Int

from tailprobe.errors import InputError
from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import method
from tailprobe.methods.weighting.class_weights import class_weighted


@method(
    "effective_number",
    family="weighting",
    source="Cui et al., CVPR 2019, equations 2 and 12",
    cites=("cui2019",),
    formula="w_c = (1 - beta) / (1 - beta^n_c), scaled to mean 1",
    example="effective_number(0.999)",
)
def effective_number(train: TrainingSet, beta: float = 0.9999) -> TrainingPlan:
    """Weight each class by the inverse of its effective number of images.

    w_c = (1 - beta) / (1 - beta^n_c), rescaled to mean 1. Single-label: every loss term of an image is multiplied by
    the weight of its class, as in the paper's sigmoid form. Multi-label, which the paper does not define: the term of a
    class is multiplied by its weight for the images that carry it.

    Assumptions:
        Images of a class overlap, so that each further one adds less information.

    When it helps:
        Rare classes are predicted too seldom, and the inverse frequency would be too strong.

    Traps:
        `beta` depends on the counts: weights hardly change for classes of more than 1 / (1 - beta) images, so 0.9
        weights nothing in a collection whose rarest class has a hundred.

    Args:
        train: the training part.
        beta: in [0, 1); 0 gives equal weights, near 1 inverse frequency.

    Raises:
        InputError: beta outside [0, 1).
    """
    return class_weighted(train, effective_number_weights(train.labels.counts, beta=beta))


def effective_number_weights(counts: Int[np.ndarray, " C"], *, beta: float) -> Float[np.ndarray, " C"]:
    r"""Return (C,) float64 weights (1 - beta) / (1 - beta**n_c), rescaled to mean 1.

    Args:
        counts: (C,) training images per class; 0 counts as 1.
        beta: in [0, 1).

    Raises:
        InputError: beta outside [0, 1).

    >>> effective_number_weights(np.array([900, 90, 10]), beta=0.999).round(3)
    array([0.044, 0.306, 2.649])
    """
    if not 0 <= beta < 1:
        raise InputError(f"effective_number({beta:g}): expected a beta of at least 0 and below 1, e.g. 0.9999")
    weights = (1 - beta) / (1 - beta ** np.maximum(counts, 1).astype(np.float64))
    return weights / weights.mean()
