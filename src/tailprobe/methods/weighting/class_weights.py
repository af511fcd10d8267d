"""Class weights, and which loss terms they multiply for single-label and for multi-label images."""

import numpy as np
from jaxtyping import Float, Int

from tailprobe.learners.loss import Loss, by_label
from tailprobe.learners.plan import Stage, TrainingPlan
from tailprobe.learners.training_set import TrainingSet


def class_weighted(train: TrainingSet, weights: Float[np.ndarray, " C"], loss: Loss | None = None) -> TrainingPlan:
    """Return the plan of every row once with weighted classes.

    Single-label: every loss term of an image is multiplied by the weight of its class. Multi-label: the term of a class
    is multiplied by its weight for the images that carry it; negatives have weight 1.

    Args:
        train: the training part.
        weights: (C,) of the classes.
        loss: a loss without weights; binary cross-entropy by default.
    """
    loss = loss or Loss()
    if train.labels.kind == "single-label":
        rows = weights[train.labels.matrix.argmax(axis=1)]
        return TrainingPlan((Stage(np.arange(len(train)), loss, row_weights=rows),))
    given = dict(loss.tables())
    return TrainingPlan.of(train, Loss(loss.link, **given, weight=by_label(1.0, weights, len(weights))))


def inverse_power(counts: Int[np.ndarray, " C"], power: float) -> Float[np.ndarray, " C"]:
    """Return (C,) float64, n_c^-power rescaled to mean 1; a class without images has the weight of one with one image.

    >>> inverse_power(np.array([900, 90, 10]), 1.0).round(3)
    array([0.03 , 0.297, 2.673])
    """
    weights = np.maximum(counts, 1).astype(np.float64) ** -power
    return weights / weights.mean()
