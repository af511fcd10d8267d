"""AUC-margin loss, minimised exactly by a linear head."""

from dataclasses import dataclass
from hashlib import sha256

import numpy as np
from jaxtyping import Bool, Float

from tailprobe.learners.head import LinearHead
from tailprobe.learners.learner import HeadData
from tailprobe.learners.loss import Link
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.heads.linear_fit import axes_of, fit_linear, linear_head, standardised
from tailprobe.methods.heads.ridge import platt
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range


@method(
    "auc_margin",
    family="head",
    source="Yuan et al., ICCV 2021, equation 5 (arXiv:2012.03173)",
    cites=("yuan2021",),
    formula="w minimises var(s+) + var(s-) + max(0, margin + mean(s-) - mean(s+))^2 + penalty / 2 |w|^2",
)
def auc_margin(train: TrainingSet, margin: float = 1.0, penalty: float = 0.01) -> "AucMarginFit":
    """Fit a linear head by the AUC-margin loss of each class, a surrogate of the area under the ROC curve.

    With a and b the mean scores of positives and negatives, it minimises the variance among positives + the variance
    among negatives + max(0, margin + b - a)^2 + penalty / 2 |w|^2. This is the authors' min-max problem with the inner
    maximum and the means substituted, over all rows at once, so that no batch lacks positives. Scores become
    probabilities by Platt scaling on the training rows.

    Assumptions:
        The mean scores of positives and negatives differ by a margin, whatever their counts.

    When it helps:
        The ranking of all images of a class matters and positives are few: they count as much as all negatives
        together.

    Traps:
        Platt scaling uses scores of the rows that the head was fitted to, so probabilities are overconfident where
        embeddings are wide; the area under the ROC curve is not average precision, and gains in it may be among
        negatives of low score.

    Args:
        train: the training part.
        margin: 0.01 to 100.
        penalty: 0.000001 to 1000.

    Raises:
        InputError: an argument outside its range.
    """
    check_range(margin, 0.01, 100, what="auc_margin: margin")
    check_range(penalty, 1e-6, 1e3, what="auc_margin: penalty")
    return AucMarginFit(margin, penalty)


@dataclass(frozen=True, eq=False)
class AucMarginFit:
    """The learner."""

    margin: float
    penalty: float
    link: Link = "sigmoid"

    def digest(self) -> str:
        """Return a hex digest of both arguments."""
        return sha256(f"AUC margin {self.margin!r} {self.penalty!r}".encode()).hexdigest()

    def fit(self, data: HeadData, seed: int) -> LinearHead:
        """Fit all classes at once; the problem is convex."""
        x, mean, inverse = standardised(data)
        labels = data.labels.matrix[data.train]
        classes = labels.shape[1]
        start = (np.zeros((x.shape[1], classes)), np.zeros(classes))
        weight, _ = fit_linear(x, AucMargin(labels, self.margin), self.penalty, start, axes=axes_of(data))
        slope, offset = platt(x @ weight, labels)
        return linear_head(weight * slope, offset, mean, inverse, "sigmoid")


@dataclass(frozen=True, eq=False)
class AucMargin:
    """The loss, summed over the classes that have both labels."""

    labels: Bool[np.ndarray, "T C"]
    margin: float

    def __call__(self, z: Float[np.ndarray, "T C"], /) -> tuple[float, Float[np.ndarray, "T C"]]:
        """Return value and gradient."""
        values, slope = self.terms(z)
        return float(values.sum()), slope

    def terms(self, z: Float[np.ndarray, "T C"], /) -> tuple[Float[np.ndarray, " C"], Float[np.ndarray, "T C"]]:
        """Return the value of each class and the gradient."""
        off, apart = self.deviations(z)
        short = np.maximum(self.margin + apart, 0)
        weights = self.weights()
        value = (off**2 * weights).sum(axis=0) + short**2
        slope = 2 * weights * (off + short * np.where(self.labels, -1, 1))
        return value * self._both, slope * self._both

    def bend(self, z: Float[np.ndarray, "T C"], /) -> "AucMarginBend":
        """Return the second derivative."""
        return AucMarginBend(self, self._both, self.margin + self.deviations(z)[1] > 0)

    def weights(self) -> Float[np.ndarray, "T C"]:
        """Return 1 / positives or 1 / negatives of each class, by the side a row is on."""
        positives, negatives = self.labels.sum(axis=0), (~self.labels).sum(axis=0)
        return np.where(self.labels, 1 / np.maximum(positives, 1), 1 / np.maximum(negatives, 1))

    @property
    def _both(self) -> Bool[np.ndarray, " C"]:
        return np.asarray(self.labels.any(axis=0) & ~self.labels.all(axis=0))

    def deviations(self, z: Float[np.ndarray, "T C"]) -> tuple[Float[np.ndarray, "T C"], Float[np.ndarray, " C"]]:
        """Return scores minus the mean of their side, and the mean of negatives minus that of positives."""
        weighted = self.weights() * z
        a = np.where(self.labels, weighted, 0).sum(axis=0)
        b = np.where(self.labels, 0, weighted).sum(axis=0)
        return z - np.where(self.labels, a, b), b - a


@dataclass(frozen=True, eq=False)
class AucMarginBend:
    """The second derivative; `short` says for which classes the margin is not kept."""

    loss: AucMargin
    both: Bool[np.ndarray, " C"]
    short: Bool[np.ndarray, " C"]

    @property
    def diagonal(self) -> Float[np.ndarray, "T C"]:
        """That of the variances with fixed means."""
        return (2 * self.loss.weights() * self.both).astype(np.float32)

    def __call__(self, v: Float[np.ndarray, "T C"], /) -> Float[np.ndarray, "T C"]:
        """Return its product with `v`."""
        off, apart = self.loss.deviations(v)
        moved = off + self.short * apart * np.where(self.loss.labels, -1, 1)
        return (2 * self.loss.weights() * moved * self.both).astype(np.float32)
