"""Weight balancing: class-balanced training in which the weights of no class may be longer than a bound."""

from dataclasses import dataclass
from hashlib import sha256

import numpy as np
from jaxtyping import Float

from tailprobe.learners.head import LinearHead
from tailprobe.learners.learner import HeadData
from tailprobe.learners.loss import Link
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.heads.axes import Axes
from tailprobe.methods.heads.linear_fit import ScoreLoss, axes_of, fit_linear, linear_head, standardised
from tailprobe.methods.heads.logistic import BinaryCrossEntropy
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range

_STEPS = 20
_LEAST = 1e-12  # of the loss, by which a fit may miss its minimum: secants of lengths need accurate ones
_NEAR = 1e-6  # of a length to the bound, relative
_FLATTEST = 0.02  # fall of log length by log penalty that is believed


@method(
    "weight_balancing",
    family="two-stage",
    source="Alshammari et al., CVPR 2022, MaxNorm and weight decay (arXiv:2203.14197), on a linear head",
    cites=("alshammari2022",),
    formula="binary cross-entropy + penalty / 2 |w|^2 with |w_c| <= bound x median of the unbounded |w_c|",
    example="weight_balancing(1)",
)
def weight_balancing(train: TrainingSet, bound: float = 1.0, penalty: float = 0.01) -> "WeightBalancingFit":
    """Fit a linear head with weight decay, then again with no class's weights longer than a bound.

    The first fit is a penalised logistic regression of each class. The bound is a multiple of the median length of its
    weights. The second fit has that bound on the length of each class's weights (MaxNorm). The problem is convex and
    its minimum is found, where the paper descends and puts weights that are too long back.

    Assumptions:
        Long weights of a class come from its number of images and not from how easy it is to tell.

    When it helps:
        Weights of frequent classes are much longer than those of rare ones.

    Traps:
        A class that is easy to tell has long weights, too, and is held back. As each class has its own sigmoid, a bound
        turns the direction of its weights only through the penalty and the loss: rankings change little. The first
        stage of the paper trains the encoder.

    Args:
        train: the training part.
        bound: 0.01 to 100, times the median length.
        penalty: 0.000001 to 1000.

    Raises:
        InputError: an argument outside its range.
    """
    check_range(bound, 0.01, 100, what="weight_balancing: bound")
    check_range(penalty, 1e-6, 1e3, what="weight_balancing: penalty")
    return WeightBalancingFit(bound, penalty)


@dataclass(frozen=True, eq=False)
class WeightBalancingFit:
    """The learner."""

    bound: float
    penalty: float
    link: Link = "sigmoid"

    def digest(self) -> str:
        """Return a hex digest of both arguments."""
        return sha256(f"weight balancing {self.bound!r} {self.penalty!r}".encode()).hexdigest()

    def fit(self, data: HeadData, seed: int) -> LinearHead:
        """Fit both stages; `seed` has no effect."""
        x, mean, inverse = standardised(data)
        loss = BinaryCrossEntropy(data.labels.matrix[data.train])
        classes = loss.labels.shape[1]
        start = fit_linear(
            x, loss, self.penalty, (np.zeros((x.shape[1], classes)), np.zeros(classes)), axes=axes_of(data)
        )
        radius = max(self.bound * float(np.median(np.linalg.norm(start[0], axis=0))), 1e-12)
        weight, bias = fit_bounded(x, loss, self.penalty, radius, start, axes=axes_of(data))
        return linear_head(weight, bias, mean, inverse, "sigmoid")


def fit_bounded(
    x: Float[np.ndarray, "T D"],
    loss: ScoreLoss,
    penalty: float,
    radius: float,
    start: tuple[Float[np.ndarray, "D C"], Float[np.ndarray, " C"]],
    *,
    axes: Axes | None = None,
) -> tuple[Float[np.ndarray, "D C"], Float[np.ndarray, " C"]]:
    """Return the minimum of a convex loss of each class with every weight vector within `radius`.

    Where the bound is active its multiplier adds to the class's penalty (Karush-Kuhn-Tucker), so the minimum is that of
    the larger penalty whose weights are as long as the bound: their length falls as the penalty grows, and secant steps
    on both logarithms find it.

    Args:
        x: (T, D) float64.
        loss: summed over classes.
        penalty: of the squared weights.
        radius: the bound.
        start: the minimum without the bound.
        axes: of the rows of x; by default they are computed.
    """
    axes = Axes.of(x) if axes is None else axes
    excess = _excess(start[0], radius)
    bounded = excess > 0
    at, before, excess_before = start, np.full(len(excess), np.log(penalty)), excess
    now = np.where(bounded, before + 2 * excess, before)
    for _ in range(_STEPS):
        if (np.abs(excess[bounded]) < _NEAR).all():
            break
        at = fit_linear(x, loss, np.exp(now), at, axes=axes, least=_LEAST)
        excess = _excess(at[0], radius)
        slope = np.minimum((excess - excess_before) / np.where(now == before, np.inf, now - before), -_FLATTEST)
        before, excess_before = now, excess
        now = np.where(bounded, np.maximum(now - excess / slope, np.log(penalty)), now)
    return at[0] * np.exp(-np.maximum(_excess(at[0], radius), 0)), at[1]


def _excess(weight: Float[np.ndarray, "D C"], radius: float) -> Float[np.ndarray, " C"]:
    """Return the log of each weight vector's length over the radius."""
    return np.log(np.maximum(np.linalg.norm(weight, axis=0), 1e-300) / radius)
