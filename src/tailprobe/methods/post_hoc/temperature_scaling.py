"""Temperature scaling: one factor for all logits, fitted on the validation part."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar

from tailprobe.learners.adjustment import HeldOut, digest_of
from tailprobe.learners.head import Head
from tailprobe.learners.loss import Link
from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import method
from tailprobe.methods.post_hoc.validation_loss import mean_loss

_BOUNDS = (np.log(0.01), np.log(100.0))  # of the temperature


@method(
    "temperature_scaling",
    family="post-hoc",
    source="Guo et al., ICML 2017, section 4.2 (arXiv:1706.04599)",
    cites=("guo2017",),
    formula="z / t, one t of the lowest cross-entropy on validation images",
)
def temperature_scaling(train: TrainingSet) -> TrainingPlan:
    """Divide all logits by the one temperature with the lowest cross-entropy on the validation part.

    Sigmoid heads: probabilities change and no decision at 0.5 does. Composed with `softmax` every image keeps its most
    probable class, and rankings may change, since the classes share a denominator.

    Assumptions:
        All classes are overconfident or underconfident by the same factor.

    When it helps:
        Classes have few validation images: one number is hard to overfit.

    Traps:
        It cannot correct a class whose probabilities are too high or too low as a whole, as after resampling; see
        `platt_scaling`.

    Args:
        train: the training part.
    """
    return TrainingPlan.of(train, adjustment=Temperature())


@dataclass(frozen=True)
class Temperature:
    """The correction."""

    def __call__(self, head: Head, validation: HeldOut) -> Head:
        """Return the head with scaled logits; as it is if there are no validation rows."""
        logits = head.logits(validation.vectors).astype(np.float64)
        if not len(logits):
            return head
        fit = minimize_scalar(
            lambda log_t: mean_loss(logits / np.exp(log_t), validation.labels, head.link), bounds=_BOUNDS
        )
        classes = logits.shape[1]
        return head.affine(np.full(classes, np.exp(-fit.x)), np.zeros(classes))

    def preserves_ranking(self, link: Link) -> bool:
        """By the sigmoid link one monotone map; by softmax classes share a denominator."""
        return link == "sigmoid"

    def digest(self) -> str:
        """Return a hex digest: the correction has no arguments."""
        return digest_of("temperature scaling")
