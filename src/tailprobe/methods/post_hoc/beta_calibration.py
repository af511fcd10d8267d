"""Beta calibration: a curve with three parameters per class, fitted on the validation part."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float
from scipy.special import expit, log_expit

from tailprobe.errors import InputError
from tailprobe.learners.adjustment import HeldOut, digest_of
from tailprobe.learners.head import Head
from tailprobe.learners.loss import Link
from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.lbfgs import minimise
from tailprobe.methods.method import method
from tailprobe.methods.post_hoc.monotone_head import MonotoneHead

_LEAST_SLOPE = 0.01  # a + b above 0 keeps the order of images
_KNOTS = np.concatenate([[-1000.0, -100.0], np.linspace(-40, 40, 1601), [100.0, 1000.0]])


@method(
    "beta_calibration",
    family="post-hoc",
    source="Kull et al., AISTATS 2017, equation 5 (PMLR 54:623)",
    cites=("kull2017",),
    formula="a_c log p_c - b_c log(1 - p_c) + d_c of the lowest cross-entropy on validation images",
)
def beta_calibration(train: TrainingSet) -> TrainingPlan:
    """Replace each class's logit by a log p - b log(1 - p) + c with the lowest validation cross-entropy.

    a and b are at least 0.01, so the curve increases. With a = b it is Platt scaling; different a and b bend the curve,
    which suits a class whose positives and negatives differ in spread. The curve is stored as a piecewise-linear
    function with 1,605 knots, 0.05 apart between -40 and 40.

    Assumptions:
        Validation and test images have the same distribution.

    When it helps:
        Probabilities are used and Platt scaling, which is symmetric, does not fit.

    Traps:
        Three numbers fitted to six positives overfit; prefer `temperature_scaling` there. No ranking changes.

    Args:
        train: the training part.
    """
    return TrainingPlan.of(train, adjustment=BetaCalibration())


@dataclass(frozen=True)
class BetaCalibration:
    """The correction."""

    def __call__(self, head: Head, validation: HeldOut) -> Head:
        """Return the head with one curve per class; classes without both labels keep their logits.

        Raises:
            InputError: a softmax head.
        """
        if head.link != "sigmoid":
            raise InputError("beta_calibration is of sigmoid heads, one class against the rest")
        logits = head.logits(validation.vectors).astype(np.float64)
        fits = [fit_beta(z, y) for z, y in zip(logits.T, validation.labels.T, strict=True)]
        to = np.stack([beta_curve(_KNOTS, fit) for fit in fits])
        return MonotoneHead(head, torch.from_numpy(np.tile(_KNOTS, (len(fits), 1))), torch.from_numpy(to))

    def preserves_ranking(self, link: Link) -> bool:
        """Each class has an increasing curve of its own."""
        return link == "sigmoid"

    def digest(self) -> str:
        """Return a hex digest: the correction has no arguments."""
        return digest_of("beta calibration")


def beta_curve(z: Float[np.ndarray, " K"], fit: Float[np.ndarray, " 3"]) -> Float[np.ndarray, " K"]:
    """Return a log p - b log(1 - p) + c at the logits z."""
    a, b, c = fit
    return a * log_expit(z) - b * log_expit(-z) + c


def fit_beta(z: Float[np.ndarray, " V"], y: Bool[np.ndarray, " V"]) -> Float[np.ndarray, " 3"]:
    """Return a, b and c; 1, 1 and 0 where the class has no positives or no negatives."""
    start = np.array([1.0, 1.0, 0.0])
    if not len(y) or y.all() or not y.any():
        return start
    design = np.column_stack([log_expit(z), -log_expit(-z), np.ones(len(z))])

    def objective(at: Float[np.ndarray, " 3"]) -> tuple[float, Float[np.ndarray, " 3"]]:
        u = design @ at
        return -log_expit(np.where(y, u, -u)).mean(), design.T @ (expit(u) - y) / len(y)

    bounds = [(_LEAST_SLOPE, 100.0), (_LEAST_SLOPE, 100.0), (-100.0, 100.0)]
    return minimise(objective, start, bounds=bounds)
