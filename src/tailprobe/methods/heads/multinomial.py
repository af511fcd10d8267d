"""Multinomial logistic regression: one softmax over all classes."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from scipy.special import log_softmax

from tailprobe.learners.head import LinearHead
from tailprobe.learners.learner import HeadData
from tailprobe.learners.loss import Link
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.heads.linear_fit import fit_over_penalties
from tailprobe.methods.method import method


@method(
    "multinomial",
    family="head",
    kinds={"single-label"},
    link="softmax",
    source="linear probe of Radford et al., ICML 2021, appendix A.3 (arXiv:2103.00020)",
    cites=("radford2021",),
    formula="W, b minimise the mean cross-entropy of softmax(W x + b) + penalty / 2 |W|^2",
)
def multinomial(train: TrainingSet) -> "MultinomialFit":
    """Fit softmax regression to its minimum, the penalty chosen on the validation part.

    As `logistic`, with one softmax over the classes in place of one sigmoid for each: for single-label images this is
    what most papers mean by a linear probe.

    Assumptions:
        Each image carries exactly one class, and log probability ratios are linear in the embedding.

    When it helps:
        There are few images per class, or to see what the hidden layer contributes.

    Traps:
        As for `logistic`.

    Args:
        train: the training part.
    """
    return MultinomialFit()


@dataclass(frozen=True, eq=False)
class MultinomialFit:
    """The learner."""

    link: Link = "softmax"

    def digest(self) -> str:
        """Return what the fit depends on besides its data: nothing."""
        return "multinomial regression by Newton's method"

    def fit(self, data: HeadData, seed: int) -> LinearHead:
        """Fit under each penalty; `seed` has no effect."""
        return multinomial_head(data)


def multinomial_head(data: HeadData) -> LinearHead:
    """Return the fitted head, shared with the methods whose first stage it is."""

    def fit() -> LinearHead:
        return fit_over_penalties(data, SoftmaxCrossEntropy(data.labels.matrix[data.train]), "softmax")

    return data.memo.once("multinomial", fit)


@dataclass(frozen=True, eq=False)
class SoftmaxCrossEntropy:
    """The mean over rows."""

    labels: Bool[np.ndarray, "T C"]

    def __call__(self, z: Float[np.ndarray, "T C"], /) -> tuple[float, Float[np.ndarray, "T C"]]:
        """Return value and gradient."""
        values, slope = self.terms(z)
        return float(values[0]), slope

    def terms(self, z: Float[np.ndarray, "T C"], /) -> tuple[Float[np.ndarray, " 1"], Float[np.ndarray, "T C"]]:
        """Return the value, of all classes together, and the gradient."""
        log_p = log_softmax(z, axis=1)
        return np.array([-log_p[self.labels].sum() / len(z)]), (np.exp(log_p) - self.labels) / len(z)

    def bend(self, z: Float[np.ndarray, "T C"], /) -> "SoftmaxBend":
        """Return the second derivative."""
        return SoftmaxBend(np.exp(log_softmax(z, axis=1)).astype(np.float32))


@dataclass(frozen=True, eq=False)
class SoftmaxBend:
    """The second derivative of the mean cross-entropy: (diag(p) - p p') / T in each row."""

    p: Float[np.ndarray, "T C"]

    @property
    def diagonal(self) -> Float[np.ndarray, "T C"]:
        """p (1 - p) / T."""
        return self.p * (1 - self.p) / len(self.p)

    def __call__(self, v: Float[np.ndarray, "T C"], /) -> Float[np.ndarray, "T C"]:
        """Return its product with `v`."""
        weighted = self.p * v
        return (weighted - self.p * weighted.sum(axis=1, keepdims=True)) / len(self.p)
