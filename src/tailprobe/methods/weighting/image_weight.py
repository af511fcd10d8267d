"""One weight an image, combined from the weights of the classes it carries."""

from collections.abc import Callable
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float

from tailprobe.learners.plan import Stage, TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range
from tailprobe.methods.weighting.class_weights import inverse_power

Combine = Literal["mean", "max", "min", "sum"]
_COMBINE: dict[Combine, Callable[..., Float[np.ndarray, " T"]]] = {
    "mean": np.nanmean,
    "max": np.nanmax,
    "min": np.nanmin,
    "sum": np.nansum,
}


@method(
    "image_weight",
    family="weighting",
    source="class weights of Cui et al., CVPR 2019; combined as in the authors' code of Wu et al., ECCV 2020 "
    "(arXiv:2007.09654), which offers all four",
    cites=("cui2019", "wu2020"),
    formula="w_i = the mean, max, min or sum of n_c^-power over the classes c of image i, scaled to mean 1",
    example="image_weight(mean, 1)",
)
def image_weight(train: TrainingSet, combine: Combine = "mean", power: float = 1.0) -> TrainingPlan:
    """Weight all loss terms of an image by the mean, max, min or sum of n_c^-power over the classes it carries.

    Weights are rescaled to a mean of 1 over images. Single-label images carry one class, so that all four are the same.

    Assumptions:
        An image as a whole should count more, its negatives included.

    When it helps:
        Multi-label images, where a weight on positives only would raise the scores of a rare class.

    Traps:
        `sum` gives images of many classes large weights. An image without a class has nothing to combine (0 / 0 in the
        reference code); its weight is 1 here.

    Args:
        train: the training part.
        combine: of the weights of an image's classes.
        power: 0 to 2; 0 is the baseline, but for `sum`.

    Raises:
        InputError: a power outside that range.
    """
    check_range(power, 0, 2, what="image_weight: power")
    weights = combined(train.labels.matrix, inverse_power(train.labels.counts, power), combine)
    return TrainingPlan((Stage(np.arange(len(train)), row_weights=weights),))


def combined(
    matrix: Bool[np.ndarray, "T C"], weights: Float[np.ndarray, " C"], combine: Combine
) -> Float[np.ndarray, " T"]:
    """Return (T,) float64, one weight per row, of mean 1 over the rows that carry a class; 1 for the others.

    >>> matrix = np.array([[True, True], [True, False], [False, False]])
    >>> combined(matrix, np.array([1.0, 3.0]), "mean").round(3)
    array([1.333, 0.667, 1.   ])
    """
    carries = matrix.any(axis=1)
    of_rows = np.ones(len(matrix))
    if carries.any():
        by_class = np.where(matrix[carries], weights, np.nan)
        of_carriers = _COMBINE[combine](by_class, axis=1)
        of_rows[carries] = of_carriers / of_carriers.mean()
    return of_rows
