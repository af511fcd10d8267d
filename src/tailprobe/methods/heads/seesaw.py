"""Seesaw loss: rarer classes are punished less for the images of frequent ones, unless they are mistaken for them."""

from dataclasses import dataclass
from hashlib import sha256

import numpy as np
from jaxtyping import Bool, Float
from scipy.special import log_softmax

from tailprobe.learners.head import LinearHead
from tailprobe.learners.learner import HeadData
from tailprobe.learners.loss import Link
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.heads.linear_fit import axes_of, fit_linear, linear_head, standardised
from tailprobe.methods.heads.multinomial import SoftmaxBend, SoftmaxCrossEntropy
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range

_ROUNDS = 5
_LEAST = 1e-30


@method(
    "seesaw",
    family="loss",
    kinds={"single-label"},
    link="softmax",
    source="Wang et al., CVPR 2021, seesaw loss (arXiv:2008.10032), with the counts of the training part, on a linear "
    "head",
    cites=("wang2021seesaw",),
    formula="-log of e^z_i / (e^z_i + sum of S_ij e^z_j), S_ij = min(1, n_j / n_i)^p max(1, p_j / p_i)^q",
    example="seesaw(0.8, 2)",
)
def seesaw(train: TrainingSet, p: float = 0.8, q: float = 2.0, penalty: float = 0.01) -> "SeesawFit":
    """Fit a linear head by cross-entropy in which class j counts S_ij times for an image of class i.

    S is the product of the mitigation min(1, n_j / n_i)^p, below 1 for classes j rarer than i, and the compensation
    max(1, p_j / p_i)^q, above 1 where j is taken for the more probable one. The compensation has no gradient, so it is
    taken at the head of the round before and the loss is then convex: five rounds, the first without it. The paper
    counts images as they come; here all are known.

    Assumptions:
        Images of frequent classes push rare ones down too much, and only mistakes need that push.

    When it helps:
        Rare classes are predicted too seldom, and giving all of them more weight raises false alarms.

    Traps:
        With q = 0 it is no shift of logits by class, as S depends on both classes, but near to one: compare with
        `balanced_softmax`. Probabilities are plain softmax in use, and not those of the loss.

    Args:
        train: the training part.
        p: 0 to 10; 0 is no mitigation.
        q: 0 to 10; 0 is no compensation.
        penalty: 0.000001 to 1000, of half the squared weights.

    Raises:
        InputError: an argument outside its range.
    """
    check_range(p, 0, 10, what="seesaw: p")
    check_range(q, 0, 10, what="seesaw: q")
    check_range(penalty, 1e-6, 1e3, what="seesaw: penalty")
    return SeesawFit(p, q, penalty)


@dataclass(frozen=True, eq=False)
class SeesawFit:
    """The learner."""

    p: float
    q: float
    penalty: float
    link: Link = "softmax"

    def digest(self) -> str:
        """Return a hex digest of the arguments."""
        return sha256(f"seesaw {self.p!r} {self.q!r} {self.penalty!r}".encode()).hexdigest()

    def fit(self, data: HeadData, seed: int) -> LinearHead:
        """Fit the rounds one after the other; `seed` has no effect."""
        x, mean, inverse = standardised(data)
        labels = data.labels.matrix[data.train]
        at = (np.zeros((x.shape[1], labels.shape[1])), np.zeros(labels.shape[1]))
        shift, axes = np.log(mitigation(labels, self.p)), axes_of(data)
        factor = np.zeros_like(shift)
        for _ in range(_ROUNDS if self.q else 1):
            at = fit_linear(x, Shifted(labels, shift + factor), self.penalty, at, axes=axes)
            factor = self.q * np.maximum(0, log_ratio(x @ at[0] + at[1], labels))
        return linear_head(*at, mean, inverse, "softmax")


@dataclass(frozen=True, eq=False)
class Shifted:
    """Mean cross-entropy of logits with a shift of its own for every term."""

    labels: Bool[np.ndarray, "T C"]
    shift: Float[np.ndarray, "T C"]

    def __call__(self, z: Float[np.ndarray, "T C"], /) -> tuple[float, Float[np.ndarray, "T C"]]:
        """Return value and gradient."""
        return SoftmaxCrossEntropy(self.labels)(z + self.shift)

    def terms(self, z: Float[np.ndarray, "T C"], /) -> tuple[Float[np.ndarray, " 1"], Float[np.ndarray, "T C"]]:
        """Return the value, of all classes together, and the gradient."""
        return SoftmaxCrossEntropy(self.labels).terms(z + self.shift)

    def bend(self, z: Float[np.ndarray, "T C"], /) -> SoftmaxBend:
        """Return the second derivative."""
        return SoftmaxCrossEntropy(self.labels).bend(z + self.shift)


def mitigation(labels: Bool[np.ndarray, "T C"], power: float) -> Float[np.ndarray, "T C"]:
    """Return min(1, n_j / n_i)^power for each row's class i and every class j; a class without rows counts as one."""
    counts = np.maximum(labels.sum(axis=0), 1).astype(np.float64)
    return np.minimum(1, counts / counts[labels.argmax(axis=1)][:, None]) ** power


def log_ratio(logits: Float[np.ndarray, "T C"], labels: Bool[np.ndarray, "T C"]) -> Float[np.ndarray, "T C"]:
    """Return log(p_j / p_i) for each row's class i and every class j."""
    log_p = np.maximum(log_softmax(logits, axis=1), np.log(_LEAST))
    return log_p - log_p[labels][:, None]
