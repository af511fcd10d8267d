"""The rebalanced weight of distribution-balanced loss: what sampling by one class does to an image's others."""

import numpy as np
from jaxtyping import Bool, Float

from tailprobe.learners.plan import Stage, TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range


@method(
    "rebalanced_weight",
    family="weighting",
    source="Wu et al., ECCV 2020, equations 3 to 5 (arXiv:2007.09654); alpha, beta and mu of their COCO setting",
    cites=("wu2020",),
    formula="w_ic = alpha + sigmoid(beta (r_ic - mu)), r_ic = (1 / n_c) / sum of 1 / n_k over the classes k of image i",
)
def rebalanced_weight(train: TrainingSet, alpha: float = 0.1, beta: float = 10.0, mu: float = 0.2) -> TrainingPlan:
    """Weight the term of image i and class c by alpha + sigmoid(beta (r_ic - mu)).

    r_ic = (1 / n_c) / (sum of 1 / n_k over the classes k of image i) compares how often class-balanced sampling draws
    an image for one class with how often it draws the image at all: a frequent class next to a rare one gets a small
    weight. The negatives of an image are weighted as well. Single-label images have r = 1 for their own class.

    Assumptions:
        Rows are sampled by class: compose it with `class_balanced`.

    When it helps:
        Multi-label images on which rare and frequent classes co-occur.

    Traps:
        The default arguments of the authors' code are permuted against their configuration (alpha 10, beta 0.2, mu
        0.1): weights then span 10.5 to 11, hardly any weighting. An image without a class divides by 0 there and gets
        the largest weight; here it has r = 1 for every class.

    Args:
        train: the training part.
        alpha: the least weight, 0 to 100.
        beta: slope of the sigmoid, 0 to 1000.
        mu: the r_ic at which the sigmoid is 0.5, 0 to 1000.

    Raises:
        InputError: an argument outside its range.
    """
    check_range(alpha, 0, 100, what="rebalanced_weight: alpha")
    check_range(beta, 0, 1000, what="rebalanced_weight: beta")
    check_range(mu, 0, 1000, what="rebalanced_weight: mu")
    weights = rebalanced(train.labels.matrix, alpha=alpha, beta=beta, mu=mu)
    return TrainingPlan((Stage(np.arange(len(train)), row_weights=weights),))


def rebalanced(matrix: Bool[np.ndarray, "T C"], *, alpha: float, beta: float, mu: float) -> Float[np.ndarray, "T C"]:
    """Return (T, C) float64, the weight of every term; a class without images counts as one with a single image.

    Args:
        matrix: (T, C) which image carries which class.
        alpha: the least weight.
        beta: slope of the sigmoid.
        mu: the r_ic at which the sigmoid is 0.5.
    """
    inverse = 1 / np.maximum(matrix.sum(axis=0), 1)
    of_image = matrix @ inverse  # (T,)
    carries = of_image > 0
    ratio = np.where(carries[:, None], inverse / np.where(carries, of_image, 1)[:, None], 1.0)
    with np.errstate(over="ignore"):
        return alpha + 1 / (1 + np.exp(-beta * (ratio - mu)))
