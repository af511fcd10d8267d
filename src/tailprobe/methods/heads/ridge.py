r"""Ridge regression on labels of -1 and 1, the penalty chosen by leave-one-out, scores made probabilities.

With X (T, D) standardised training rows, X'X = V diag(s) V', Z = X V and targets Y (T, C) minus their mean, the fitted
values under penalty a are H Y, H = Z diag(1 / (s + a)) Z' + 1/T, and the leave-one-out residual of row i is

    (y_i - f_i) / (1 - H_ii)

exactly, so that every penalty costs one product, and one decomposition serves all heads of the split. Source: Rifkin
and Lippert, MIT technical report 2007, section 3.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float
from scipy.special import expit, logit

from tailprobe.learners.head import LinearHead
from tailprobe.learners.learner import HeadData
from tailprobe.learners.loss import Link
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.heads.axes import Axes, principal
from tailprobe.methods.heads.linear_fit import axes_of, standardised
from tailprobe.methods.method import method

PENALTIES = 10.0 ** np.arange(-2, 7)
_STEPS = 50  # of Newton's method at most
_LEAST_SLOPE = 0.01


@method(
    "ridge",
    family="head",
    source="Rifkin and Lippert 2007; Platt 1999 with Lin, Lin and Weng 2007 for probabilities",
    cites=("rifkin2007", "platt1999", "lin2007"),
    formula="W minimises |X W - Y|^2 + penalty |W|^2",
    example="ridge",
)
def ridge(train: TrainingSet) -> "RidgeFit":
    """Fit ridge regression in closed form, each class against the rest, its penalty chosen by leave-one-out error.

    For each class, w and b minimise the sum of (w x + b - y)^2 + penalty |w|^2, y = 1 or -1, over penalties from 0.01
    to 1,000,000. Scores become probabilities by a logistic curve fitted to the leave-one-out scores of the training
    rows (Platt scaling), so the validation part is not used.

    Assumptions:
        A least-squares fit to the labels ranks the images well.

    When it helps:
        Many classes or many seeds: there is no iteration, and it never fails to converge.

    Traps:
        Squared error penalises scores that are right by a wide margin; a very rare class is fitted towards its mean.

    Args:
        train: the training part.
    """
    return RidgeFit()


@dataclass(frozen=True, eq=False)
class RidgeFit:
    """The learner."""

    link: Link = "sigmoid"

    def digest(self) -> str:
        """Return what the fit depends on besides its data: nothing."""
        return "ridge"

    def fit(self, data: HeadData, seed: int) -> LinearHead:
        """Fit; one penalty a class."""
        x, mean, inverse = standardised(data)
        labels = data.labels.matrix[data.train]
        weight, bias, held_out = ridge_by_leave_one_out(x, np.where(labels, 1.0, -1.0), axes_of(data))
        slope, offset = platt(held_out, labels)
        weight = (weight * slope).T * inverse  # (C, D), of rows as they are
        bias = bias * slope + offset - weight @ mean
        return LinearHead(torch.from_numpy(weight.astype(np.float32)), torch.from_numpy(bias.astype(np.float32)))


def ridge_by_leave_one_out(
    x: Float[np.ndarray, "T D"], y: Float[np.ndarray, "T C"], axes: Axes | None = None
) -> tuple[Float[np.ndarray, "D C"], Float[np.ndarray, " C"], Float[np.ndarray, "T C"]]:
    """Return weights, biases and leave-one-out predictions under the best of `PENALTIES` for each class.

    Args:
        x: centred columns.
        y: targets.
        axes: of the rows; by default they are computed.
    """
    bias = y.mean(axis=0)
    residual_target = y - bias
    squares, directions = principal(x, Axes.of(x) if axes is None else axes)  # (K,), (D, K)
    along = x @ directions  # (T, K)
    projected, lengths = along.T @ residual_target, along**2  # (K, C), (T, K)
    best = np.full(y.shape[1], np.inf)
    weight, held_out = np.zeros((x.shape[1], y.shape[1])), np.zeros(y.shape)
    for penalty in PENALTIES:
        hat = lengths @ (1 / (squares + penalty)) + 1 / len(x)  # (T,), the diagonal of H
        solved = projected / (squares + penalty)[:, None]  # (K, C)
        predicted = y - (residual_target - along @ solved) / (1 - hat)[:, None]
        error = ((y - predicted) ** 2).mean(axis=0)
        better = error < best
        best = np.where(better, error, best)
        held_out[:, better] = predicted[:, better]
        weight[:, better] = directions @ solved[:, better]
    return weight, bias, held_out


def platt(
    scores: Float[np.ndarray, "T C"], labels: Bool[np.ndarray, "T C"]
) -> tuple[Float[np.ndarray, " C"], Float[np.ndarray, " C"]]:
    """Return slope and offset of sigmoid(slope * score + offset) for each class.

    Where the embeddings carry no information on a class its leave-one-out scores are negatively correlated with its
    labels, since leaving a positive out lowers the mean of the others. A slope below 0.01 becomes 0.01: nearly constant
    probabilities in the same order. Targets are (n+ + 1) / (n+ + 2) and 1 / (n- + 2) instead of 1 and 0, so that
    separable scores have a finite slope. Newton's method with step halving.

    Source: Lin, Lin and Weng, Machine Learning 2007.
    """
    slopes, offsets = np.ones(scores.shape[1]), np.zeros(scores.shape[1])
    for c in range(scores.shape[1]):
        positives = labels[:, c]
        n = positives.sum()
        target = np.where(positives, (n + 1) / (n + 2), 1 / (len(positives) - n + 2))
        slopes[c], offsets[c] = _logistic(scores[:, c], target)
        if slopes[c] < _LEAST_SLOPE:
            mean = target.mean()
            slopes[c], offsets[c] = _LEAST_SLOPE, logit(mean) - _LEAST_SLOPE * scores[:, c].mean()
    return slopes, offsets


def _logistic(score: Float[np.ndarray, " T"], target: Float[np.ndarray, " T"]) -> tuple[float, float]:
    design = np.stack([score, np.ones(len(score))], axis=1)  # (T, 2)
    at = np.array([0.0, np.log(target.mean() / (1 - target.mean()))])

    def loss(point: np.ndarray) -> float:
        z = design @ point
        return float((np.logaddexp(0, z) - target * z).sum())

    for _ in range(_STEPS):
        p = expit(design @ at)
        gradient = design.T @ (p - target)
        hessian = design.T @ (design * (p * (1 - p))[:, None]) + 1e-9 * np.eye(2)
        step, now = np.linalg.solve(hessian, gradient), loss(at)
        scale = 1.0
        while loss(at - scale * step) > now and scale > 1e-6:
            scale /= 2
        at = at - scale * step
        if np.abs(scale * step).max() < 1e-8:
            break
    return float(at[0]), float(at[1])
