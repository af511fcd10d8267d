"""Vector scaling after training: a factor and an offset a class for softmax logits, fitted on the validation part."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from scipy.special import softmax as softmax_of

from tailprobe.learners.adjustment import HeldOut, digest_of
from tailprobe.learners.head import Head
from tailprobe.learners.loss import Link, Loss
from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.lbfgs import minimise
from tailprobe.methods.method import method
from tailprobe.methods.post_hoc.validation_loss import mean_loss
from tailprobe.methods.ranges import check_range


@method(
    "vector_calibration",
    family="post-hoc",
    kinds={"single-label"},
    link="softmax",
    source="Guo et al., ICML 2017, section 4.2, vector scaling (arXiv:1706.04599); the penalty is ours",
    cites=("guo2017",),
    formula="a_c z_c + b_c of the lowest cross-entropy + penalty (sum of (a_c - 1)^2 + b_c^2) on validation images",
)
def vector_calibration(train: TrainingSet, penalty: float = 0.01) -> TrainingPlan:
    """Replace z by a z + b, a and b a class, with the lowest cross-entropy on the validation part.

    The head is trained by softmax cross-entropy. A penalty of `penalty` times the sum of (a - 1)^2 and b^2 keeps
    classes of few validation images near a = 1 and b = 0.

    Assumptions:
        Validation and test images have the same distribution.

    When it helps:
        Probabilities of several classes are off in different ways.

    Traps:
        Without the penalty a class without validation positives has a b of minus infinity; rankings may change.

    Args:
        train: the training part.
        penalty: 0.000001 to 1000.

    Raises:
        InputError: a penalty outside that range.
    """
    check_range(penalty, 1e-6, 1e3, what="vector_calibration: penalty")
    return TrainingPlan.of(train, Loss("softmax"), adjustment=VectorCalibration(penalty))


@dataclass(frozen=True)
class VectorCalibration:
    """The correction."""

    penalty: float

    def __call__(self, head: Head, validation: HeldOut) -> Head:
        """Return the head with scaled and shifted logits; as it is if there are no validation rows."""
        logits = head.logits(validation.vectors).astype(np.float64)
        return head.affine(*fit_vector(logits, validation.labels, self.penalty)) if len(logits) else head

    def preserves_ranking(self, link: Link) -> bool:
        """Classes share a denominator."""
        return False

    def digest(self) -> str:
        """Return a hex digest of the penalty."""
        return digest_of("vector calibration", np.array(self.penalty))


def fit_vector(
    logits: Float[np.ndarray, "V C"], labels: Bool[np.ndarray, "V C"], penalty: float
) -> tuple[Float[np.ndarray, " C"], Float[np.ndarray, " C"]]:
    """Return (C,) factors and (C,) offsets, float64; a convex problem, solved by L-BFGS from 1 and 0."""
    classes = logits.shape[1]

    def objective(at: Float[np.ndarray, " P"]) -> tuple[float, Float[np.ndarray, " P"]]:
        a, b = at[:classes], at[classes:]
        u = a * logits + b
        wrong = (softmax_of(u, axis=1) - labels) / len(logits)  # (V, C)
        slopes = [(wrong * logits).sum(axis=0) + 2 * penalty * (a - 1), wrong.sum(axis=0) + 2 * penalty * b]
        value = mean_loss(u, labels, "softmax") + penalty * (((a - 1) ** 2).sum() + (b**2).sum())
        return value, np.concatenate(slopes)

    start = np.concatenate([np.ones(classes), np.zeros(classes)])
    found = minimise(objective, start)
    return found[:classes], found[classes:]
