"""Isotonic calibration: an increasing step curve per class, fitted on the validation part."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float

from tailprobe.errors import InputError
from tailprobe.learners.adjustment import HeldOut, digest_of
from tailprobe.learners.head import Head
from tailprobe.learners.loss import Link
from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import method
from tailprobe.methods.post_hoc.monotone_head import MonotoneHead


@method(
    "isotonic",
    family="post-hoc",
    source="Zadrozny and Elkan, KDD 2002, section 3.2 (doi:10.1145/775047.775151)",
    cites=("zadrozny2002",),
    formula="p_c = the isotonic regression of validation labels on z_c",
)
def isotonic(train: TrainingSet) -> TrainingPlan:
    """Replace each class's probability by the isotonic regression of its validation labels on its logits.

    Between the knots the curve is linear, as in scikit-learn. Probabilities stay within [1 / (V + 2), 1 - 1 / (V + 2)],
    V the number of validation images: no positive among ten images does not prove a probability of 0.

    Assumptions:
        The probability of a class increases with its logit; validation and test images have the same distribution.

    When it helps:
        Probabilities are used and classes have hundreds of validation positives.

    Traps:
        Constant steps tie images, so that average precision changes a little; with few validation positives the curve
        has few steps.

    Args:
        train: the training part.
    """
    return TrainingPlan.of(train, adjustment=Isotonic())


@dataclass(frozen=True)
class Isotonic:
    """The correction."""

    def __call__(self, head: Head, validation: HeldOut) -> Head:
        """Return the head with one curve per class; classes without both labels keep their logits.

        Raises:
            InputError: a softmax head.
        """
        if head.link != "sigmoid":
            raise InputError("isotonic is of sigmoid heads, one class against the rest")
        logits = head.logits(validation.vectors).astype(np.float64)
        if not len(logits):
            return head
        curves = [isotonic_curve(z, y) for z, y in zip(logits.T, validation.labels.T, strict=True)]
        knots = max(len(at) for at, _ in curves)
        at, to = (
            torch.from_numpy(np.stack([np.pad(curve[i], (0, knots - len(curve[i])), mode="edge") for curve in curves]))
            for i in (0, 1)
        )
        return MonotoneHead(head, at, to)

    def preserves_ranking(self, link: Link) -> bool:
        """Steps tie images."""
        return False

    def digest(self) -> str:
        """Return a hex digest: the correction has no arguments."""
        return digest_of("isotonic")


def isotonic_curve(
    z: Float[np.ndarray, " V"], y: Bool[np.ndarray, " V"]
) -> tuple[Float[np.ndarray, " K"], Float[np.ndarray, " K"]]:
    """Return knots and logits of the curve; the identity where the class has no positives or no negatives."""
    if y.all() or not y.any():
        return np.array([-1e4, 1e4]), np.array([-1e4, 1e4])
    from sklearn.isotonic import IsotonicRegression  # slow to import

    low = 1 / (len(y) + 2)
    fit = IsotonicRegression(y_min=low, y_max=1 - low, out_of_bounds="clip").fit(z, y)
    p = fit.y_thresholds_
    return fit.X_thresholds_, np.log(p) - np.log1p(-p)
