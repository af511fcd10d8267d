"""A linear head fitted to all training rows at once by L-BFGS, its penalty chosen on the validation part."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Bool, Float

from tailprobe.learners.head import LinearHead
from tailprobe.learners.learner import HeadData
from tailprobe.learners.loss import Link
from tailprobe.methods.heads.columns import centre_and_scale
from tailprobe.methods.lbfgs import minimise
from tailprobe.methods.post_hoc.validation_loss import mean_loss

PENALTIES = 10.0 ** np.arange(0, -7, -1)  # strong ones first: each fit starts where the last one ended


@runtime_checkable
class ScoreLoss(Protocol):
    """A differentiable loss of the scores of all training rows."""

    def __call__(self, z: Float[np.ndarray, "T C"], /) -> tuple[float, Float[np.ndarray, "T C"]]:
        """Return its value and its gradient."""


def fit_linear(
    x: Float[np.ndarray, "T D"],
    loss: ScoreLoss,
    penalty: float,
    start: tuple[Float[np.ndarray, "D C"], Float[np.ndarray, " C"]],
    *,
    steps: int = 1000,
) -> tuple[Float[np.ndarray, "D C"], Float[np.ndarray, " C"]]:
    """Return the weights and biases that minimise loss(x w + b) + penalty / 2 |w|^2; biases are not penalised.

    Args:
        x: (T, D) float64.
        loss: gives value and gradient.
        penalty: of the squared weights, 0 or more.
        start: weights and biases to start from.
        steps: L-BFGS steps at most.
    """
    shape = start[0].shape

    def objective(at: Float[np.ndarray, " P"]) -> tuple[float, Float[np.ndarray, " P"]]:
        w, b = at[: start[0].size].reshape(shape), at[start[0].size :]
        value, slope = loss(x @ w + b)
        gradient = np.concatenate([(x.T @ slope + penalty * w).ravel(), slope.sum(axis=0)])
        return value + penalty / 2 * float((w**2).sum()), gradient

    found = minimise(objective, np.concatenate([start[0].ravel(), start[1]]), steps=steps)
    return found[: start[0].size].reshape(shape), found[start[0].size :]


def standardised(data: HeadData) -> tuple[Float[np.ndarray, "T D"], Float[np.ndarray, " D"], Float[np.ndarray, " D"]]:
    """Return the training rows standardised, float64, with the mean and 1 / deviation of their columns."""
    x = data.training_vectors().astype(np.float64)
    mean, inverse = centre_and_scale(x)
    return (x - mean) * inverse, mean, inverse


def fit_over_penalties(
    data: HeadData, loss: ScoreLoss, link: Link, *, penalties: Sequence[float] | Float[np.ndarray, " P"] = PENALTIES
) -> LinearHead:
    """Fit under each penalty; keep the head of the lowest validation loss, the middle one without validation rows."""
    x, mean, inverse = standardised(data)
    classes = data.labels.matrix.shape[1]
    at = (np.zeros((x.shape[1], classes)), np.zeros(classes))
    heads = []
    for penalty in penalties:
        at = fit_linear(x, loss, float(penalty), at)
        heads.append(linear_head(*at, mean, inverse, link))
    held = data.held_out()
    losses = [validation_loss(head, held.vectors, held.labels) for head in heads]
    return heads[len(heads) // 2] if np.isnan(losses).any() else heads[int(np.argmin(losses))]


def validation_loss(head: LinearHead, vectors: Float[np.ndarray, "V D"], labels: Bool[np.ndarray, "V C"]) -> float:
    """Return the mean cross-entropy of the head's link; NaN without rows."""
    if not len(labels):
        return float("nan")
    return float(mean_loss(head.logits(vectors).astype(np.float64), labels, head.link))


def linear_head(
    weight: Float[np.ndarray, "D C"],
    bias: Float[np.ndarray, " C"],
    mean: Float[np.ndarray, " D"],
    inverse: Float[np.ndarray, " D"],
    link: Link,
) -> LinearHead:
    """Return the head for stored embeddings that equals a linear layer on standardised ones."""
    of_stored = weight.T * inverse  # (C, D)
    shifted = bias - of_stored @ mean
    return LinearHead(
        torch.from_numpy(of_stored.astype(np.float32)), torch.from_numpy(shifted.astype(np.float32)), link
    )
