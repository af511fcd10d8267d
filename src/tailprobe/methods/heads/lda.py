"""Linear discriminant analysis: Gaussian classes of one covariance."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

from tailprobe.learners.head import LinearHead
from tailprobe.learners.learner import HeadData
from tailprobe.learners.loss import Link
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.heads.discriminant import class_means, ledoit_wolf, shrunk, solve, within
from tailprobe.methods.heads.linear_fit import gram_of, linear_head, standardised
from tailprobe.methods.losses.class_prior import log_prior
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range


@method(
    "lda",
    family="head",
    kinds={"single-label"},
    link="softmax",
    source="Fisher 1936; on encoders Wang et al., ICLR 2024, equation 4 (arXiv:2402.04087); shrinkage of Ledoit and "
    "Wolf 2004 (doi:10.1016/S0047-259X(03)00096-4)",
    cites=("fisher1936", "wang2024", "ledoit2004"),
    formula="z_c = m_c' S^-1 x - m_c' S^-1 m_c / 2 + log(prior_c), S the covariance within classes, shrunk",
)
def lda(train: TrainingSet, shrinkage: float | Literal["auto"] = "auto", *, prior: bool = True) -> "LdaFit":
    """Fit linear discriminant analysis in closed form: w = S^-1 m_c, b = -m_c' S^-1 m_c / 2 + log(prior).

    S is the covariance within classes, shrunk towards a multiple of the identity. `prior=no` leaves out the log prior,
    which is logit adjustment with tau = 1.

    Assumptions:
        The classes are Gaussian and have one covariance, which is estimated from all classes together.

    When it helps:
        A rare class has too few images to estimate its own covariance, and borrows that of the others.

    Traps:
        Heavy tails and unequal covariances make its probabilities overconfident.

    Args:
        train: the training part.
        shrinkage: 0 to 1, or auto.
        prior: whether frequent classes start ahead.

    Raises:
        InputError: a shrinkage outside that range.
    """
    if not isinstance(shrinkage, str):
        check_range(shrinkage, 0, 1, what="lda: shrinkage")
    return LdaFit(shrinkage, prior)


@dataclass(frozen=True, eq=False)
class LdaFit:
    """The learner."""

    shrinkage: float | Literal["auto"]
    prior: bool
    link: Link = "softmax"

    def digest(self) -> str:
        """Return a hex digest of both arguments."""
        return sha256(f"lda {self.shrinkage!r} {self.prior}".encode()).hexdigest()

    def fit(self, data: HeadData, seed: int) -> LinearHead:
        """Fit."""
        x, mean, inverse = standardised(data)
        labels = data.training_labels()
        means = class_means(x, labels.matrix)
        residuals = x - means[labels.matrix.argmax(axis=1)]
        shrinkage = ledoit_wolf(residuals) if isinstance(self.shrinkage, str) else self.shrinkage
        weight = solve(shrunk(within(gram_of(data), means, labels.counts / len(x)), shrinkage), means)  # (C, D)
        bias = -(weight * means).sum(axis=1) / 2 + (log_prior(labels) if self.prior else 0.0)
        return linear_head(weight.T, bias, mean, inverse, "softmax")
