"""Deep feature reweighting: logistic regressions on balanced subsets, their weights averaged."""

from dataclasses import dataclass
from hashlib import sha256

import numpy as np
from jaxtyping import Bool, Float
from scipy.special import expit, log_expit

from tailprobe.learners.head import LinearHead
from tailprobe.learners.learner import HeadData
from tailprobe.learners.loss import Link
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.heads.linear_fit import axes_of, fit_linear, linear_head, standardised
from tailprobe.methods.heads.newton import Weighted
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range


@method(
    "dfr",
    family="two-stage",
    source="Kirichenko, Izmailov and Wilson, ICLR 2023 (arXiv:2204.02937), each class against the rest, with a squared "
    "penalty",
    cites=("kirichenko2023",),
    formula="mean of k weight vectors, each of a logistic regression on n positives and n negatives drawn anew",
    example="dfr(5)",
)
def dfr(train: TrainingSet, k: int = 10, penalty: float = 0.01) -> "DfrFit":
    """Fit a logistic regression of each class to as many positives as negatives, k times, and average the weights.

    The smaller side of a class is there whole each time, the other one is drawn anew. The encoder is the first stage:
    its features stay as they are.

    Assumptions:
        The features are good for every class, and only the share of a class in the training part misleads the head.

    When it helps:
        Rare classes have enough images for a regression, and balanced decisions are wanted.

    Traps:
        Probabilities are those of balanced classes, far too high for rare ones: compose nothing with it, and tune
        thresholds. The paper retrains on held-out rows, here they are training rows.

    Args:
        train: the training part.
        k: subsets, 1 to 100.
        penalty: 0.000001 to 1000, of half the squared weights.

    Raises:
        InputError: an argument outside its range.
    """
    check_range(k, 1, 100, what="dfr: k")
    check_range(penalty, 1e-6, 1e3, what="dfr: penalty")
    return DfrFit(k, penalty)


@dataclass(frozen=True, eq=False)
class DfrFit:
    """The learner."""

    k: int
    penalty: float
    link: Link = "sigmoid"

    def digest(self) -> str:
        """Return a hex digest of both arguments."""
        return sha256(f"balanced subsets {self.k} {self.penalty!r}".encode()).hexdigest()

    def fit(self, data: HeadData, seed: int) -> LinearHead:
        """Fit all classes of a subset at once; each fit is convex."""
        x, mean, inverse = standardised(data)
        order = np.argsort(data.train)  # what is drawn must not depend on the order of rows
        x, labels, rng = x[order], data.labels.matrix[data.train[order]], np.random.default_rng(seed)
        start = (np.zeros((x.shape[1], labels.shape[1])), np.zeros(labels.shape[1]))
        axes = axes_of(data).part(order)
        fits = [start]
        for _ in range(self.k):  # each from the last: it is near, and where a convex fit starts does not matter
            fits.append(fit_linear(x, MaskedLogistic.drawn(labels, rng), self.penalty, fits[-1], axes=axes))
        weight, bias = (np.mean(parts, axis=0) for parts in zip(*fits[1:], strict=True))
        return linear_head(weight, bias, mean, inverse, "sigmoid")


@dataclass(frozen=True, eq=False)
class MaskedLogistic:
    """Binary cross-entropy over chosen terms: the mean over the rows of each class, summed over classes."""

    labels: Bool[np.ndarray, "T C"]
    chosen: Bool[np.ndarray, "T C"]

    @classmethod
    def drawn(cls, labels: Bool[np.ndarray, "T C"], rng: np.random.Generator) -> "MaskedLogistic":
        """Choose for each class its smaller side, and as many rows of the other one at random."""
        chosen = np.zeros_like(labels)
        for c, positive in enumerate(labels.T):
            sides = [np.flatnonzero(positive), np.flatnonzero(~positive)]
            least = min(map(len, sides))
            for side in sides:
                chosen[rng.permutation(side)[:least], c] = True
        return cls(labels, chosen)

    def __call__(self, z: Float[np.ndarray, "T C"], /) -> tuple[float, Float[np.ndarray, "T C"]]:
        """Return value and gradient."""
        values, slope = self.terms(z)
        return float(values.sum()), slope

    def terms(self, z: Float[np.ndarray, "T C"], /) -> tuple[Float[np.ndarray, " C"], Float[np.ndarray, "T C"]]:
        """Return the value of each class and the gradient."""
        share = self.share
        return -(share * log_expit(np.where(self.labels, z, -z))).sum(axis=0), share * (expit(z) - self.labels)

    def bend(self, z: Float[np.ndarray, "T C"], /) -> Weighted:
        """Return the second derivative."""
        p = expit(z)
        return Weighted((self.share * p * (1 - p)).astype(np.float32))

    @property
    def share(self) -> Float[np.ndarray, "T C"]:
        """What a term counts: 1 over the chosen rows of its class, or 0."""
        return self.chosen / np.maximum(self.chosen.sum(axis=0), 1)
