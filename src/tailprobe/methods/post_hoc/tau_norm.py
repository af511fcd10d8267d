"""Tau-normalisation: output weights are divided by a power of their norm."""

from dataclasses import dataclass

import numpy as np

from tailprobe.errors import InputError
from tailprobe.learners.adjustment import HeldOut, digest_of
from tailprobe.learners.head import Head, LinearHead, MlpHead
from tailprobe.learners.loss import Link, Loss
from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range


@method(
    "tau_norm",
    family="post-hoc",
    kinds={"single-label"},
    link="softmax",
    source="Kang et al., ICLR 2020, equation 4",
    cites=("kang2020",),
    formula="w_c / |w_c|^tau, no bias",
    example="tau_norm(1)",
)
def tau_norm(train: TrainingSet, tau: float = 1.0) -> TrainingPlan:
    """Divide each class's output weights by their Euclidean norm to the power tau; biases are dropped, as in the paper.

    The head is trained by softmax cross-entropy.

    Assumptions:
        The norm of a class's output weights grows with its number of images, and that is a bias.

    When it helps:
        Test classes are balanced; nothing is trained again.

    Traps:
        Dropping the biases alone (tau = 0) already takes out a part of the prior; a reference library fixes tau at 2;
        tau is best chosen on validation images, which this method does not do.

    Args:
        train: the training part.
        tau: 0 only drops the biases; 1 makes every class's weights a unit vector.

    Raises:
        InputError: tau outside [0, 1].
    """
    check_range(tau, 0, 1, what="tau_norm: tau")
    return TrainingPlan.of(train, Loss("softmax"), adjustment=TauNormalisation(tau))


@dataclass(frozen=True, eq=False)
class TauNormalisation:
    """The correction."""

    tau: float

    def __call__(self, head: Head, validation: HeldOut) -> Head:
        """Return the head with normalised output weights and no output bias."""
        if not isinstance(head, MlpHead | LinearHead):
            raise InputError(f"tau_norm normalises output weights; a head of the kind {head.kind!r} has none")
        norms = np.linalg.norm(head.output_weight.double().numpy(), axis=1)
        scale = np.maximum(norms, 1e-12) ** -self.tau
        return head.affine(scale, -scale * head.output_bias.double().numpy())

    def preserves_ranking(self, link: Link) -> bool:
        """By the sigmoid link each class has its own monotone map; by softmax classes share a denominator."""
        return link == "sigmoid"

    def digest(self) -> str:
        """Return a hex digest of tau."""
        return digest_of("tau-normalisation", np.array(self.tau))
