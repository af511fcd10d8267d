"""Newton's method for a linear head: conjugate gradients for each step, in float32 along principal axes.

Steps are approximate, gradients are exact (float64): the search ends where the loss can fall by less than `least`.
Source: Nocedal and Wright, Numerical Optimization, 2nd edition 2006, section 7.1, line search Newton-CG.
"""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Bool, Float, Int

from tailprobe.methods.heads.axes import Axes
from tailprobe.methods.heads.preconditioner import Preconditioner

HEAVY = 128  # rows that a preconditioner takes exactly
_STEPS = 60  # of Newton's method
_PRODUCTS = 60  # of the curvature with a vector, for one step
_RESIDUAL = 0.1**2  # of a step's equation, squared, relative to its start
GAIN = 1e-8  # a predicted decrease of the loss that ends the search
_ARRIVED = 0.01  # of that gain: a group that can fall by less is left as it is
_HALVINGS = 30
_TRIALS = 6  # lengths of a step, where it lowers the loss enough already
_SLOPE = 0.1  # along a step at its end, relative to its start


@runtime_checkable
class Bend(Protocol):
    """The second derivative of a loss by its scores."""

    @property
    def diagonal(self) -> Float[np.ndarray, "T C"]:
        """Its diagonal, float32, 0 or more."""

    def __call__(self, v: Float[np.ndarray, "T C"], /) -> Float[np.ndarray, "T C"]:
        """Return its product with changes of the scores, float32."""


@runtime_checkable
class ConvexLoss(Protocol):
    """A convex loss of the scores of all rows, summed over G groups of classes: one a class, or all in one."""

    def terms(self, z: Float[np.ndarray, "T C"], /) -> tuple[Float[np.ndarray, " G"], Float[np.ndarray, "T C"]]:
        """Return the value of each group and the gradient."""

    def bend(self, z: Float[np.ndarray, "T C"], /) -> Bend:
        """Return the second derivative; groups do not depend on each other."""


@dataclass(frozen=True, eq=False)
class Weighted:
    """The second derivative of a loss whose terms each depend on one score."""

    diagonal: Float[np.ndarray, "T C"]

    def __call__(self, v: Float[np.ndarray, "T C"], /) -> Float[np.ndarray, "T C"]:
        """Return its product with `v`."""
        return self.diagonal * v


@dataclass(frozen=True, eq=False)
class _OfClasses:
    """The second derivative by the scores of some classes: whole groups, which do not depend on the others."""

    bend: Bend
    classes: Int[np.ndarray, " K"]
    of_all: int  # C
    diagonal: Float[np.ndarray, "T K"]

    @classmethod
    def of(cls, bend: Bend, classes: Int[np.ndarray, " K"]) -> "_OfClasses":
        diagonal = bend.diagonal
        return cls(bend, classes, diagonal.shape[1], diagonal[:, classes])

    def __call__(self, v: Float[np.ndarray, "T K"], /) -> Float[np.ndarray, "T K"]:
        if len(self.classes) == self.of_all:
            return self.bend(v)
        whole = np.zeros((len(v), self.of_all), v.dtype)
        whole[:, self.classes] = v
        return self.bend(whole)[:, self.classes]


@dataclass(frozen=True, eq=False)
class _Point:
    """Weights with a bias at their end, and the scores of all rows; also a direction of both."""

    weight: Float[np.ndarray, "C E"]  # E = D + 1
    scores: Float[np.ndarray, "C T"]

    @classmethod
    def of(cls, x: Float[np.ndarray, "T D"], weight: Float[np.ndarray, "C E"]) -> "_Point":
        return cls(weight, weight[:, :-1] @ x.T + weight[:, -1:])

    def towards(self, step: "_Point", length: Float[np.ndarray, " C"]) -> "_Point":
        along = length[:, None]
        return _Point(self.weight + along * step.weight, self.scores + along * step.scores)


def newton(
    x: Float[np.ndarray, "T D"],
    loss: ConvexLoss,
    penalty: float | Float[np.ndarray, " C"],
    start: Float[np.ndarray, "C E"],
    axes: Axes,
    *,
    heavy: int = HEAVY,
    least: float = GAIN,
) -> tuple[Float[np.ndarray, "C E"], bool]:
    """Return the weights, a bias at their end, that minimise loss(x w + b) + penalty / 2 |w|^2, and if they were found.

    Args:
        x: (T, D) float64.
        loss: the loss of the scores.
        penalty: of the squared weights, not of the bias, above 0; of each class, or of all.
        start: weights and biases to start from.
        axes: of the rows of x.
        heavy: rows that the preconditioner takes exactly.
        least: the predicted decrease of the loss, of each group, that ends the search.
    """
    penalty = np.broadcast_to(np.asarray(penalty, np.float64), (len(start),))
    at = _Point.of(x, start)
    value, slope = _objective(loss, at, penalty)
    moving = np.ones(len(value), bool)  # groups; one that has arrived costs nothing more
    for _ in range(_STEPS):
        classes = np.flatnonzero(np.broadcast_to(moving, len(start)))
        bend = _OfClasses.of(loss.bend(at.scores.T), classes)
        step, gain = _newton_step(x, at, slope, penalty, axes, bend, moving, heavy)
        found = _search(loss, at, step, penalty, value, gain, least)
        if found is None:
            return at.weight, bool((gain < 100 * max(least, GAIN)).all())
        at, value, slope = found
        if (gain < least).all():
            return at.weight, True
        moving &= gain > _ARRIVED * least
    return at.weight, False


def _newton_step(
    x: Float[np.ndarray, "T D"],
    at: _Point,
    slope: Float[np.ndarray, "C T"],
    penalty: Float[np.ndarray, " C"],
    axes: Axes,
    bend: "_OfClasses",
    moving: Bool[np.ndarray, " G"],
    heavy: int,
) -> tuple[_Point, Float[np.ndarray, " G"]]:
    """Return the step of all classes, 0 in groups that do not move, and the decrease that it predicts, by group."""
    classes, groups = bend.classes, int(moving.sum())
    weight, by_score, of_class = at.weight[classes], slope[classes], penalty[classes]
    by_weight = by_score @ x + of_class[:, None] * weight[:, :-1]
    gradient = np.concatenate([by_weight, by_score.sum(axis=1)[:, None]], axis=1)
    found = _Point.of(x, _step(axes, bend, of_class, gradient, groups, heavy))
    step, gain = _Point(np.zeros_like(at.weight), np.zeros_like(at.scores)), np.zeros(len(moving))
    step.weight[classes], step.scores[classes] = found.weight, found.scores
    gain[moving] = -_groups((gradient * found.weight).sum(axis=1), groups)
    return step, gain


def _groups(by_class: Float[np.ndarray, " C"], groups: int) -> Float[np.ndarray, " G"]:
    return by_class if groups == len(by_class) else by_class.sum(keepdims=True)


def _objective(
    loss: ConvexLoss, at: _Point, penalty: Float[np.ndarray, " C"]
) -> tuple[Float[np.ndarray, " G"], Float[np.ndarray, "C T"]]:
    """Return value and gradient by the scores."""
    values, slope = loss.terms(at.scores.T)
    return values + _groups(penalty / 2 * (at.weight[:, :-1] ** 2).sum(axis=1), len(values)), slope.T


def _search(
    loss: ConvexLoss,
    at: _Point,
    step: _Point,
    penalty: Float[np.ndarray, " C"],
    value: Float[np.ndarray, " G"],
    gain: Float[np.ndarray, " G"],
    least: float,
) -> tuple[_Point, Float[np.ndarray, " G"], Float[np.ndarray, "C T"]] | None:
    """Take the step of each group nearly to the minimum along it, by Newton's method within a bracket.

    A step's length matters where the curvature changes along it: at the margin of a hinge, or where scores saturate.
    None if a step never lowers the objective enough.
    """
    groups, classes = len(value), len(at.weight)
    length, low, high = np.ones(groups), np.zeros(groups), np.full(groups, np.inf)
    for trial in range(_HALVINGS):
        found = at.towards(step, np.broadcast_to(length, (classes,)))
        lower, slope = _objective(loss, found, penalty)
        falls = lower <= value - 1e-4 * length * gain + 1e-15 * np.maximum(1, value)
        by_length = _groups((slope * step.scores).sum(axis=1) + penalty * _along(found, step), groups)
        steep = (np.abs(by_length) > _SLOPE * gain) & (gain > least) & (trial < _TRIALS)
        if not (steep | ~falls).any():
            return found, lower, slope
        past = ~falls | (by_length > 0)
        low, high = np.where(past, low, length), np.where(past, length, high)
        bent = (loss.bend(found.scores.T)(step.scores.T.astype(np.float32)).T * step.scores).sum(axis=1)
        curve = _groups(bent + penalty * _along(step, step), groups)
        wanted = length - by_length / np.maximum(curve, 1e-300)
        middle = np.where(np.isinf(high), 4 * length, (low + high) / 2)
        inside = (wanted > low) & (wanted < np.minimum(high, 10 * length)) & falls
        length = np.where(steep | ~falls, np.where(inside, wanted, middle), length)
    return None


def _along(at: _Point, step: _Point) -> Float[np.ndarray, " C"]:
    """Return the products of the weights without their biases."""
    return np.einsum("ce,ce->c", at.weight[:, :-1], step.weight[:, :-1])


def _step(
    axes: Axes,
    bend: Bend,
    penalty: Float[np.ndarray, " C"],
    gradient: Float[np.ndarray, "C E"],
    groups: int,
    heavy: int,
) -> Float[np.ndarray, "C E"]:
    """Return the Newton step by preconditioned conjugate gradients, each group with its own step lengths."""
    scale = max(float(np.abs(gradient).max()), 1e-300)
    weights = np.ascontiguousarray(bend.diagonal.T)
    inverses = [Preconditioner.of(axes, *of_class, heavy) for of_class in zip(weights, penalty, strict=True)]

    def dot(a: Float[np.ndarray, "C E"], b: Float[np.ndarray, "C E"]) -> Float[np.ndarray, " G"]:
        return _groups((a * b).sum(axis=1), groups)

    residual = np.concatenate([axes.along(-gradient[:, :-1]), -gradient[:, -1:]], axis=1) / scale
    residual = residual.astype(np.float32)
    step = np.zeros_like(residual)
    solved = np.stack([inverse(of_class) for inverse, of_class in zip(inverses, residual, strict=True)])
    direction, left = solved.copy(), dot(residual, solved)
    enough = np.maximum(_RESIDUAL * left, 1e-30)
    for _ in range(_PRODUCTS):
        todo = np.flatnonzero(np.broadcast_to(left > enough, len(step)))
        product = np.zeros_like(direction)
        product[todo] = _product(axes, _OfClasses.of(bend, todo), penalty[todo], direction[todo])
        length = _ratio(left, dot(direction, product), left > enough)
        step, residual = step + length * direction, residual - length * product
        before = left
        for c in todo:
            solved[c] = inverses[c](residual[c])
        left = np.where(length[:, 0] > 0, dot(residual, solved), 0)
        if (left <= enough).all():
            break
        direction = solved + _ratio(left, before, left > enough) * direction
    wide = step.astype(np.float64) * scale
    return np.concatenate([axes.back(wide[:, :-1]), wide[:, -1:]], axis=1)


def _ratio(
    above: Float[np.ndarray, " G"], below: Float[np.ndarray, " G"], wanted: Bool[np.ndarray, " G"]
) -> Float[np.ndarray, "G 1"]:
    """Return quotients, 0 for the groups that are done or whose denominator rounding has made 0 or less."""
    return np.divide(above, below, out=np.zeros_like(above), where=wanted & (below > 0))[:, None]


def _product(
    axes: Axes, bend: Bend, penalty: Float[np.ndarray, " C"], v: Float[np.ndarray, "C E"]
) -> Float[np.ndarray, "C E"]:
    """Return the curvature of the objective times a vector, along the axes, float32."""
    rows, vector = torch.from_numpy(axes.rows), torch.from_numpy(v)  # its products of few columns are twice as fast
    bent = torch.from_numpy(bend((rows @ vector[:, :-1].T + vector[:, -1]).numpy()))  # (T, C)
    by_weight = (bent.T @ rows).numpy() + penalty[:, None].astype(np.float32) * v[:, :-1]
    return np.concatenate([by_weight, bent.sum(dim=0).numpy()[:, None]], axis=1)
