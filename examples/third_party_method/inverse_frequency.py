"""Inverse-frequency weights: the rarer a class, the more the images that carry it count in its loss."""

import numpy as np

from tailprobe import InputError, Loss, TrainingPlan, TrainingSet, method


@method("inverse_frequency", family="weighting")
def inverse_frequency(train: TrainingSet, power: float = 1.0) -> TrainingPlan:
    """Weigh the positives of each class by its count to the power of -power, rescaled to mean 1.

    Args:
        train: the training part.
        power: 0 to 2; 0 is the baseline.

    Raises:
        InputError: power outside that range.
    """
    if not 0 <= power <= 2:
        raise InputError(f"inverse_frequency: power is {power:g}; expected 0 to 2")
    weights = np.maximum(train.labels.counts, 1) ** -power
    table = np.stack([np.ones(len(weights)), weights / weights.mean()])  # terms of label 0, then of label 1
    return TrainingPlan.of(train, Loss(weight=table))
