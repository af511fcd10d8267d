"""Bags of rare images with as many others, and a logistic regression that measures how easy the others are."""

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.special import expit

from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.heads.axes import standardised_rows
from tailprobe.methods.heads.linear_fit import fit_linear
from tailprobe.methods.heads.logistic import BinaryCrossEntropy

_PENALTY = 0.01


def rare_rows(train: TrainingSet) -> Bool[np.ndarray, " T"]:
    """Return (T,) bool, which rows carry a low-frequency class."""
    return (train.labels.matrix & train.low_frequency).any(axis=1, keepdims=True)[:, 0]


def rare_probability(
    train: TrainingSet, rare: Bool[np.ndarray, " T"], bag: Int[np.ndarray, " n"]
) -> Float[np.ndarray, " T"]:
    """Return the probability of each row to be rare, by a logistic regression fitted to the rows of a bag.

    Args:
        train: the training part.
        rare: (T,) which rows are rare.
        bag: (n,) the rows to fit; at least one rare and one other.
    """
    x, axes = standardised_rows(train)
    start = (np.zeros((x.shape[1], 1)), np.zeros(1))
    weight, bias = fit_linear(x[bag], BinaryCrossEntropy(rare[bag][:, None]), _PENALTY, start, axes=axes.part(bag))
    return expit(x @ weight + bias)[:, 0]
