"""A linear head fitted to all training rows at once, its penalty chosen on the validation part."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Bool, Float

from tailprobe.learners.head import LinearHead
from tailprobe.learners.learner import HeadData
from tailprobe.learners.loss import Link
from tailprobe.methods.heads.axes import Axes, gram_matrix
from tailprobe.methods.heads.columns import centre_and_scale
from tailprobe.methods.heads.newton import GAIN, HEAVY, ConvexLoss, newton
from tailprobe.methods.lbfgs import minimise
from tailprobe.methods.post_hoc.validation_loss import mean_loss

_WORSE = 2  # penalties in a row whose validation loss is above the least: weaker ones are not tried
PENALTIES = 10.0 ** np.arange(0, -7, -1)  # strong ones first: each fit starts where the last one ended


@runtime_checkable
class ScoreLoss(Protocol):
    """A differentiable loss of the scores of all training rows."""

    def __call__(self, z: Float[np.ndarray, "T C"], /) -> tuple[float, Float[np.ndarray, "T C"]]:
        """Return its value and its gradient."""


def fit_linear(
    x: Float[np.ndarray, "T D"],
    loss: ScoreLoss,
    penalty: float | Float[np.ndarray, " C"],
    start: tuple[Float[np.ndarray, "D C"], Float[np.ndarray, " C"]],
    *,
    steps: int | None = None,
    axes: Axes | None = None,
    heavy: int = HEAVY,
    least: float = GAIN,
) -> tuple[Float[np.ndarray, "D C"], Float[np.ndarray, " C"]]:
    """Return the weights and biases that minimise loss(x w + b) + penalty / 2 |w|^2; biases are not penalised.

    A convex loss that has second derivatives is minimised by Newton's method; any other, and any fit that is to take so
    many steps or has no penalty, by L-BFGS.

    Args:
        x: (T, D) float64.
        loss: gives value and gradient.
        penalty: of the squared weights, 0 or more; of each class, or of all.
        start: weights and biases to start from.
        steps: L-BFGS steps at most, where the fit is not to be taken to the minimum.
        axes: of the rows of x, for several fits to the same rows; by default they are computed.
        heavy: see `newton`.
        least: see `newton`.
    """
    if isinstance(loss, ConvexLoss) and steps is None and np.all(np.asarray(penalty) > 0):
        from_ = np.column_stack([start[0].T, start[1]])
        found, converged = newton(
            x, loss, penalty, from_, Axes.of(x) if axes is None else axes, heavy=heavy, least=least
        )
        start = found[:, :-1].T, found[:, -1]
        if converged:
            return start
    return _by_lbfgs(x, loss, penalty, start, 1000 if steps is None else steps)


def _by_lbfgs(
    x: Float[np.ndarray, "T D"],
    loss: ScoreLoss,
    penalty: float | Float[np.ndarray, " C"],
    start: tuple[Float[np.ndarray, "D C"], Float[np.ndarray, " C"]],
    steps: int,
) -> tuple[Float[np.ndarray, "D C"], Float[np.ndarray, " C"]]:
    shape = start[0].shape

    def objective(at: Float[np.ndarray, " P"]) -> tuple[float, Float[np.ndarray, " P"]]:
        w, b = at[: start[0].size].reshape(shape), at[start[0].size :]
        value, slope = loss(x @ w + b)
        gradient = np.concatenate([(x.T @ slope + penalty * w).ravel(), slope.sum(axis=0)])
        return value + float((penalty / 2 * (w**2).sum(axis=0)).sum()), gradient

    found = minimise(objective, np.concatenate([start[0].ravel(), start[1]]), steps=steps)
    return found[: start[0].size].reshape(shape), found[start[0].size :]


def standardised(data: HeadData) -> tuple[Float[np.ndarray, "T D"], Float[np.ndarray, " D"], Float[np.ndarray, " D"]]:
    """Return the training rows standardised, float64, with the mean and 1 / deviation of their columns.

    The arrays are shared with other heads and must not be changed.
    """
    return data.memo.once("standardised", lambda: _standardised(data.training_vectors().astype(np.float64)))


def _standardised(
    x: Float[np.ndarray, "T D"],
) -> tuple[Float[np.ndarray, "T D"], Float[np.ndarray, " D"], Float[np.ndarray, " D"]]:
    mean, inverse = centre_and_scale(x)
    x -= mean
    x *= inverse
    x.flags.writeable = False
    return x, mean, inverse


def axes_of(data: HeadData) -> Axes:
    """Return the principal axes of the standardised training rows, shared with other heads."""
    return data.memo.once("axes", lambda: Axes.of(standardised(data)[0], gram=lambda: gram_of(data)))


def gram_of(data: HeadData) -> Float[np.ndarray, "D D"]:
    """Return X'X / T of the standardised training rows, float64, shared with other heads."""
    x = standardised(data)[0]
    return data.memo.once("gram", lambda: gram_matrix(x))


def fit_over_penalties(
    data: HeadData, loss: ScoreLoss, link: Link, *, penalties: Sequence[float] | Float[np.ndarray, " P"] = PENALTIES
) -> LinearHead:
    """Fit under each penalty, strong ones first, until the validation loss was twice in a row above its least.

    Returns:
        The head of the lowest validation loss; the one of the middle penalty if there are no validation rows.
    """
    x, mean, inverse = standardised(data)
    axes, classes = axes_of(data), data.labels.matrix.shape[1]
    at = (np.zeros((x.shape[1], classes)), np.zeros(classes))
    heads: list[LinearHead] = []
    losses: list[float] = []
    held = data.held_out()
    for penalty in penalties if len(held.labels) else penalties[: len(penalties) // 2 + 1]:
        at = fit_linear(x, loss, float(penalty), at, axes=axes)
        heads.append(linear_head(*at, mean, inverse, link))
        losses.append(validation_loss(heads[-1], held.vectors, held.labels))
        if len(losses) - 1 - int(np.argmin(losses)) >= _WORSE:
            break
    return heads[int(np.argmin(losses))] if len(held.labels) else heads[-1]


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
