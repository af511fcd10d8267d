"""A linear head: no hidden layer."""

import numpy as np

from tailprobe.learners.plan import Stage, TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import method


@method(
    "linear",
    family="head",
    source="linear probing: Alain and Bengio, ICLR 2017 workshop",
    cites=("alain2017",),
    formula="z = W x + b",
    example="linear",
)
def linear(train: TrainingSet) -> TrainingPlan:
    """Train one linear layer by the study's recipe: logistic regression, each class against the rest.

    The head is z = W x + b, without a hidden layer (width 0).

    Assumptions:
        The classes are linearly separable in the embedding as far as they are separable at all.

    When it helps:
        Few images per class, or to see what the hidden layer contributes.

    Traps:
        With few epochs it is not trained to the minimum; `logistic` is. `crt` on such a head is only balanced training.

    Args:
        train: the training part.
    """
    return TrainingPlan((Stage(np.arange(len(train))),), recipe_changes={"width": 0})
