"""Linear discriminant analysis of each class against the rest, for images of several classes."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

import numpy as np
from jaxtyping import Float

from tailprobe.learners.head import LinearHead
from tailprobe.learners.learner import HeadData
from tailprobe.learners.loss import Link
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.heads.discriminant import class_means, ledoit_wolf, shrunk, solve
from tailprobe.methods.heads.linear_fit import gram_of, linear_head, standardised
from tailprobe.methods.losses.class_prior import log_odds
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range


@method(
    "lda_per_class",
    family="head",
    source="Fisher 1936, each class against the rest; shrinkage of Ledoit and Wolf 2004 "
    "(doi:10.1016/S0047-259X(03)00096-4), of the covariance of all rows",
    cites=("fisher1936", "ledoit2004"),
    formula="z_c = (m+ - m-)' S^-1 (x - (m+ + m-) / 2) + log odds, S the covariance within both sides, shrunk",
)
def lda_per_class(train: TrainingSet, shrinkage: float | Literal["auto"] = "auto") -> "LdaPerClassFit":
    """Fit linear discriminant analysis between the images that carry a class and those that do not, in closed form.

    w = S^-1 (m+ - m-), b = -(m+ + m-)' w / 2 + log odds. S is the covariance within both sides: that of all rows less
    n+ n- / T^2 times the outer product of m+ - m-, so one matrix of all rows serves every class. Without shrinkage it
    ranks as least squares on the labels does.

    Assumptions:
        The images with and without a class are Gaussian and have one covariance.

    When it helps:
        Multi-label images, few images per class; where each image carries one class, `lda` uses more of the data.

    Traps:
        The negatives of a class are of many classes and not Gaussian, so its probabilities are rough.

    Args:
        train: the training part.
        shrinkage: 0 to 1, or auto.

    Raises:
        InputError: a shrinkage outside that range.
    """
    if not isinstance(shrinkage, str):
        check_range(shrinkage, 0, 1, what="lda_per_class: shrinkage")
    return LdaPerClassFit(shrinkage)


@dataclass(frozen=True, eq=False)
class LdaPerClassFit:
    """The learner."""

    shrinkage: float | Literal["auto"]
    link: Link = "sigmoid"

    def digest(self) -> str:
        """Return a hex digest of the shrinkage."""
        return sha256(f"lda per class {self.shrinkage!r}".encode()).hexdigest()

    def fit(self, data: HeadData, seed: int) -> LinearHead:
        """Fit class by class."""
        x, mean, inverse = standardised(data)
        labels = data.training_labels()
        shrinkage = ledoit_wolf(x) if isinstance(self.shrinkage, str) else self.shrinkage
        total = gram_of(data)  # rows are centred
        positive, negative = class_means(x, labels.matrix), class_means(x, ~labels.matrix)
        share = labels.counts / len(x)
        weight = np.stack(
            [_direction(total, p - n, s, shrinkage) for p, n, s in zip(positive, negative, share, strict=True)]
        )
        bias = -(weight * (positive + negative)).sum(axis=1) / 2 + log_odds(labels)
        return linear_head(weight.T, bias, mean, inverse, "sigmoid")


def _direction(
    total: Float[np.ndarray, "D D"], apart: Float[np.ndarray, " D"], share: float, shrinkage: float
) -> Float[np.ndarray, " D"]:
    within = total - share * (1 - share) * np.outer(apart, apart)
    return solve(shrunk(within, shrinkage), apart[None])[0]
