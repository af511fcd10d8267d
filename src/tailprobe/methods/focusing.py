"""Focusing losses: terms that a head already has right count less."""

import numpy as np
from jaxtyping import Bool

from tailprobe.errors import InputError
from tailprobe.labels import Labels
from tailprobe.methods.method import METHODS
from tailprobe.methods.plan import TrainingPlan


@METHODS.register("focal")
def focal(
    labels: Labels, low_frequency: Bool[np.ndarray, " C"], rng: np.random.Generator, gamma: float = 2.0
) -> TrainingPlan:
    """Multiply each loss term by the probability given to the wrong side, to the power gamma.

    The many easy negatives of a rare class then weigh little, and what the head has wrong weighs most.

    Args:
        labels: (N, C) labels of the training rows.
        low_frequency: not used; every class is treated alike.
        rng: not used; nothing is drawn.
        gamma: >= 0; 0 is the baseline.

    Raises:
        InputError: a negative gamma.

    Source:
        Lin et al., ICCV 2017, equation 4; their alpha is left at 1.
    """
    return _focusing(f"focal({gamma})", labels, gamma, gamma)


@METHODS.register("asymmetric")
def asymmetric(
    labels: Labels,
    low_frequency: Bool[np.ndarray, " C"],
    rng: np.random.Generator,
    positive: float = 0.0,
    negative: float = 4.0,
) -> TrainingPlan:
    """Focus the loss of negatives by another power than that of positives.

    Args:
        labels: (N, C) labels of the training rows.
        low_frequency: not used; every class is treated alike.
        rng: not used; nothing is drawn.
        positive: gamma of the loss terms of images that carry the class, >= 0.
        negative: gamma of the others, >= 0.

    Raises:
        InputError: a negative gamma.

    Source:
        Ridnik et al., ICCV 2021, equation 3, without the probability margin of their equation 5.
    """
    return _focusing(f"asymmetric({positive}, {negative})", labels, positive, negative)


def _focusing(called: str, labels: Labels, positive: float, negative: float) -> TrainingPlan:
    for gamma in (positive, negative):
        if not 0 <= gamma < float("inf"):
            raise InputError(f"{called}: gamma is a number of at least 0, not {gamma}")
    return TrainingPlan(np.arange(len(labels)), positive_focus=positive, negative_focus=negative)
