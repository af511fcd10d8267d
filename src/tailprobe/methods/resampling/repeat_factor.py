"""Repeat-factor sampling: an image is drawn as often as its rarest class needs."""

import numpy as np
from jaxtyping import Bool, Float

from tailprobe.learners.plan import Stage, TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range
from tailprobe.methods.resampling.class_shares import PASSES


@method(
    "repeat_factor",
    family="resampling",
    source="Gupta et al., CVPR 2019, appendix B.2 of arXiv:1908.03195",
    cites=("gupta2019",),
    formula="image i max(1, sqrt(threshold / f_c)) times per epoch, f_c the frequency of its rarest class",
    example="repeat_factor(0.1)",
)
def repeat_factor(train: TrainingSet, threshold: float = 0.1) -> TrainingPlan:
    """Repeat image i max(1, sqrt(threshold / f_c)) times per epoch, for the rarest class c it carries.

    f_c is the share of images that carry the class. Fractions are met on average over epochs: an image with a factor of
    1.4 is drawn once in some epochs and twice in others. Images of classes that are all more frequent than the
    threshold are drawn once.

    Assumptions:
        An image should be seen as often as its rarest class needs.

    When it helps:
        Multi-label images: no single class has to be chosen for an image.

    Traps:
        The published threshold, 0.001 on LVIS, repeats nothing where the rarest class is carried by one image in 400;
        the number of updates grows: compare with `--budget updates`.

    Args:
        train: the training part.
        threshold: 0 to 1; at or below the share of the rarest class it is the baseline.

    Raises:
        InputError: a threshold outside that range.
    """
    check_range(threshold, 0, 1, what="repeat_factor: threshold")
    factors = repeat_factors(train.labels.matrix, threshold)
    if (factors == 1).all():
        return TrainingPlan.of(train)
    copies = np.floor(PASSES * factors + train.rng.random(len(factors))).astype(int)  # in PASSES epochs
    rows = np.repeat(np.arange(len(factors)), copies)
    return TrainingPlan((Stage(rows, draws=max(1, round(len(rows) / PASSES))),))


def repeat_factors(matrix: Bool[np.ndarray, "T C"], threshold: float) -> Float[np.ndarray, " T"]:
    """Return (T,) float64, how often each image is drawn in an epoch on average; 1 where it carries no class."""
    share = np.maximum(matrix.sum(axis=0), 1) / len(matrix)
    return np.where(matrix, np.maximum(1, np.sqrt(threshold / share)), 1).max(axis=1)
