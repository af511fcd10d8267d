"""Weight balancing: class-balanced training in which the weights of no class may be longer than a bound."""

from dataclasses import dataclass
from hashlib import sha256

import numpy as np
import torch
from jaxtyping import Float

from tailprobe.learners.head import LinearHead
from tailprobe.learners.learner import HeadData
from tailprobe.learners.loss import Link
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.heads.linear_fit import ScoreLoss, axes_of, fit_linear, linear_head, standardised
from tailprobe.methods.heads.logistic import BinaryCrossEntropy
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range

_STEPS = 300
_STILL = 1e-7  # movement of the weights in a step at which the descent ends


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
    weights. The second fit descends from there along the gradient and puts weights that are too long back on the bound
    (MaxNorm); the problem is convex, and it ends at its minimum.

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
        radius = self.bound * float(np.median(np.linalg.norm(start[0], axis=0)))
        weight, bias = fit_bounded(x, loss, self.penalty, radius, start)
        return linear_head(weight, bias, mean, inverse, "sigmoid")


def fit_bounded(
    x: Float[np.ndarray, "T D"],
    loss: ScoreLoss,
    penalty: float,
    radius: float,
    start: tuple[Float[np.ndarray, "D C"], Float[np.ndarray, " C"]],
) -> tuple[Float[np.ndarray, "D C"], Float[np.ndarray, " C"]]:
    """Return the minimum of a mean of logistic losses with every weight vector within `radius`.

    Accelerated projected gradient with a step of 1 / L, L a bound of the curvature.

    Source:
        Beck and Teboulle, SIAM Journal on Imaging Sciences 2009, FISTA with a constant step.
    """
    one = np.column_stack([x, np.ones(len(x))])
    decay = np.append(np.full(x.shape[1], penalty), 0.0)[:, None]
    rate = 1 / (0.25 * float(np.linalg.eigvalsh(one.T @ one)[-1]) / len(x) + penalty)
    rows, w = torch.from_numpy(one), _within(np.vstack(start), radius)
    ahead, momentum = w, 1.0
    for _ in range(_STEPS):
        by_score = loss((rows @ torch.from_numpy(ahead)).numpy())[1]
        slope = (rows.T @ torch.from_numpy(by_score)).numpy() + decay * ahead
        found = _within(ahead - rate * slope, radius)
        following = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        ahead = found + (momentum - 1) / following * (found - w)
        still = np.abs(found - w).max() < _STILL
        w, momentum = found, following
        if still:
            break
    return w[:-1], w[-1]


def _within(w: Float[np.ndarray, "E C"], radius: float) -> Float[np.ndarray, "E C"]:
    """Return weights, biases below them, with each weight vector shortened to the radius at most."""
    length = np.linalg.norm(w[:-1], axis=0)
    return np.vstack([w[:-1] * np.minimum(1, radius / np.maximum(length, 1e-300)), w[-1:]])
