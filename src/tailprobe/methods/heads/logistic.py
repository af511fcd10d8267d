"""Logistic regression, the linear probe that papers on encoders report."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from scipy.special import expit, log_expit

from tailprobe.learners.head import LinearHead
from tailprobe.learners.learner import HeadData
from tailprobe.learners.loss import Link
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.heads.linear_fit import fit_over_penalties
from tailprobe.methods.heads.newton import Weighted
from tailprobe.methods.method import method


@method(
    "logistic",
    family="head",
    source="linear probe of Radford et al., ICML 2021, appendix A.3 (arXiv:2103.00020), each class against the rest",
    cites=("radford2021",),
    formula="W, b minimise the mean cross-entropy of sigmoid(W x + b) + penalty / 2 |W|^2",
)
def logistic(train: TrainingSet) -> "LogisticFit":
    """Fit logistic regression of each class against the rest to its minimum, the penalty chosen on the validation part.

    Mean binary cross-entropy + penalty / 2 |w|^2; the penalty is one of 1, 0.1, ... 0.000001, the same for all classes;
    weaker ones are not tried once two in a row were worse than the best. Rows are standardised and the bias is not
    penalised. There is no learning rate and there are no epochs: seeds differ only by their split.

    Assumptions:
        The log odds of each class are linear in the embedding.

    When it helps:
        There are few images per class, or to see what the hidden layer contributes.

    Traps:
        A weight on rare classes shifts the bias of such a head and, at the minimum, changes little else; the validation
        part that chooses the penalty is the one that thresholds are tuned on.

    Args:
        train: the training part.
    """
    return LogisticFit()


@dataclass(frozen=True, eq=False)
class LogisticFit:
    """The learner."""

    link: Link = "sigmoid"

    def digest(self) -> str:
        """Return what the fit depends on besides its data: nothing."""
        return "logistic regression by Newton's method"

    def fit(self, data: HeadData, seed: int) -> LinearHead:
        """Fit under each penalty."""
        return fit_over_penalties(data, BinaryCrossEntropy(data.labels.matrix[data.train]), "sigmoid")


@dataclass(frozen=True, eq=False)
class BinaryCrossEntropy:
    """The mean over rows, summed over classes, so that the penalty of a class does not depend on their number."""

    labels: Bool[np.ndarray, "T C"]

    def __call__(self, z: Float[np.ndarray, "T C"], /) -> tuple[float, Float[np.ndarray, "T C"]]:
        """Return value and gradient."""
        values, slope = self.terms(z)
        return float(values.sum()), slope

    def terms(self, z: Float[np.ndarray, "T C"], /) -> tuple[Float[np.ndarray, " C"], Float[np.ndarray, "T C"]]:
        """Return the value of each class and the gradient."""
        rows = len(z)
        return -log_expit(np.where(self.labels, z, -z)).sum(axis=0) / rows, (expit(z) - self.labels) / rows

    def bend(self, z: Float[np.ndarray, "T C"], /) -> Weighted:
        """Return the second derivative, p (1 - p) / T."""
        p = expit(z)
        return Weighted((p * (1 - p) / len(z)).astype(np.float32))
