"""Linear support vector machine with balanced class weights."""

from dataclasses import dataclass
from hashlib import sha256

import numpy as np
from jaxtyping import Bool, Float

from tailprobe.learners.head import LinearHead
from tailprobe.learners.learner import HeadData
from tailprobe.learners.loss import Link
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.heads.axes import Axes
from tailprobe.methods.heads.linear_fit import axes_of, fit_linear, linear_head, standardised
from tailprobe.methods.heads.newton import Weighted
from tailprobe.methods.heads.ridge import platt
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range

_HEAVY = 384  # rows of the second derivative taken exactly: about as many as are within the margin
_FOLDS = 3  # of the training rows, for scores that have not seen their labels


@method(
    "svm",
    family="head",
    source="Cortes and Vapnik 1995 (doi:10.1007/BF00994018), squared hinge; weights of King and Zeng 2001; Platt 1999 "
    "for probabilities",
    cites=("cortes1995", "king2001", "platt1999"),
    formula="w, b minimise the mean of v max(0, 1 - y s)^2 + penalty / 2 |w|^2, s = w x + b, v equal in sum "
    "for both sides",
)
def svm(train: TrainingSet, penalty: float = 0.01, *, balanced: bool = True) -> "SvmFit":
    """Fit a linear support vector machine of each class against the rest by the squared hinge loss.

    Mean of weight * max(0, 1 - y s)^2 + penalty / 2 |w|^2, y = 1 or -1; the bias is not penalised. Balanced: the
    weights of both sides of a class have the same sum. Only images within the margin or on its wrong side count. Scores
    become probabilities by Platt scaling of scores from three folds of the training part, every third row a fold.

    Assumptions:
        The images near the boundary determine the classifier.

    When it helps:
        A rare class has many easy negatives, which then have no influence.

    Traps:
        The score is a distance and not log odds: without the calibration a threshold of 0.5 means nothing.

    Args:
        train: the training part.
        penalty: 0.000001 to 1000.
        balanced: whether rare positives weigh as much as all negatives.

    Raises:
        InputError: a penalty outside that range.
    """
    check_range(penalty, 1e-6, 1e3, what="svm: penalty")
    return SvmFit(penalty, balanced)


@dataclass(frozen=True, eq=False)
class SvmFit:
    """The learner."""

    penalty: float
    balanced: bool
    link: Link = "sigmoid"

    def digest(self) -> str:
        """Return a hex digest of both arguments."""
        return sha256(f"svm {self.penalty!r} {self.balanced}".encode()).hexdigest()

    def fit(self, data: HeadData, seed: int) -> LinearHead:
        """Fit, and fit folds for the probabilities."""
        x, mean, inverse = standardised(data)
        labels = data.labels.matrix[data.train]
        # Folds by place in the collection, so that the order in which training rows are named does not matter.
        place = np.argsort(np.argsort(data.train)) % _FOLDS
        scores, axes = np.empty(labels.shape), axes_of(data)
        weight, bias = np.zeros((x.shape[1], labels.shape[1])), np.zeros(labels.shape[1])
        for fold in range(_FOLDS):  # each fit from the last: it is near, and the minimum is the same
            inside, outside = place != fold, place == fold
            if inside.any() and outside.any():
                weight, bias = self._fit(x[inside], labels[inside], axes.part(inside), (weight, bias))
                scores[outside] = x[outside] @ weight + bias
        weight, bias = self._fit(x, labels, axes, (weight, bias))
        slope, offset = platt(scores if len(x) >= _FOLDS else x @ weight + bias, labels)
        return linear_head(weight * slope, bias * slope + offset, mean, inverse, "sigmoid")

    def _fit(
        self,
        x: Float[np.ndarray, "T D"],
        labels: Bool[np.ndarray, "T C"],
        axes: Axes,
        start: tuple[Float[np.ndarray, "D C"], Float[np.ndarray, " C"]],
    ) -> tuple[Float[np.ndarray, "D C"], Float[np.ndarray, " C"]]:
        loss = SquaredHinge.of(labels, balanced=self.balanced)
        return fit_linear(x, loss, self.penalty, start, axes=axes, heavy=_HEAVY)


@dataclass(frozen=True, eq=False)
class SquaredHinge:
    """The weighted mean over rows, summed over classes."""

    sign: Float[np.ndarray, "T C"]
    weight: Float[np.ndarray, "T C"]

    @classmethod
    def of(cls, labels: Bool[np.ndarray, "T C"], *, balanced: bool) -> "SquaredHinge":
        """Weight positives by T / (2 n+) and negatives by T / (2 n-), or every row by 1."""
        rows, positives = len(labels), np.maximum(labels.sum(axis=0), 1)
        negatives = np.maximum(rows - positives, 1)
        weight = np.where(labels, rows / (2 * positives), rows / (2 * negatives)) if balanced else np.ones(labels.shape)
        return cls(np.where(labels, 1.0, -1.0), weight)

    def __call__(self, z: Float[np.ndarray, "T C"], /) -> tuple[float, Float[np.ndarray, "T C"]]:
        """Return value and gradient."""
        values, slope = self.terms(z)
        return float(values.sum()), slope

    def terms(self, z: Float[np.ndarray, "T C"], /) -> tuple[Float[np.ndarray, " C"], Float[np.ndarray, "T C"]]:
        """Return the value of each class and the gradient."""
        short = np.maximum(1 - self.sign * z, 0)
        slope = -2 * self.weight * self.sign * short / len(z)
        return (self.weight * short**2).sum(axis=0) / len(z), slope

    def bend(self, z: Float[np.ndarray, "T C"], /) -> Weighted:
        """Return the second derivative: 2 v / T within the margin, 0 outside."""
        return Weighted((2 * self.weight * (self.sign * z < 1) / len(z)).astype(np.float32))
