"""AUC-margin loss, minimised exactly by a linear head."""

from dataclasses import dataclass
from hashlib import sha256

import numpy as np
from jaxtyping import Bool, Float

from tailprobe.learners.head import LinearHead
from tailprobe.learners.learner import HeadData
from tailprobe.learners.loss import Link
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.heads.linear_fit import fit_linear, linear_head, standardised
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
        weight, _ = fit_linear(x, AucMargin(labels, self.margin), self.penalty, start)
        slope, offset = platt(x @ weight, labels)
        return linear_head(weight * slope, offset, mean, inverse, "sigmoid")


@dataclass(frozen=True, eq=False)
class AucMargin:
    """The loss, summed over the classes that have both labels."""

    labels: Bool[np.ndarray, "T C"]
    margin: float

    def __call__(self, z: Float[np.ndarray, "T C"], /) -> tuple[float, Float[np.ndarray, "T C"]]:
        """Return value and gradient."""
        y, both = self.labels, self.labels.any(axis=0) & ~self.labels.all(axis=0)
        positives, negatives = np.maximum(y.sum(axis=0), 1), np.maximum((~y).sum(axis=0), 1)
        a, b = (z * y).sum(axis=0) / positives, (z * ~y).sum(axis=0) / negatives
        off = np.where(y, (z - a) / positives, (z - b) / negatives)
        short = np.maximum(self.margin + b - a, 0)
        value = ((np.where(y, z - a, z - b) * off).sum(axis=0) + short**2)[both].sum()
        slope = 2 * off + 2 * short * np.where(y, -1 / positives, 1 / negatives)
        return float(value), slope * both
