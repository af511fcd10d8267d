"""Platt scaling by class: slope and offset of each class's logits, fitted on the validation part."""

from dataclasses import dataclass

import numpy as np

from tailprobe.errors import InputError
from tailprobe.learners.adjustment import HeldOut, digest_of
from tailprobe.learners.head import Head
from tailprobe.learners.loss import Link
from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.heads.ridge import platt
from tailprobe.methods.method import method


@method(
    "platt_scaling",
    family="post-hoc",
    source="Platt 1999, section 2.2, with Lin, Lin and Weng 2007 (doi:10.1007/s10994-007-5018-6)",
    cites=("platt1999", "lin2007"),
    formula="a_c z_c + b_c, a_c > 0, of the lowest cross-entropy on validation images",
)
def platt_scaling(train: TrainingSet) -> TrainingPlan:
    """Give each class the slope and offset with the lowest cross-entropy on the validation part.

    Targets are (n+ + 1) / (n+ + 2) and 1 / (n- + 2) in place of 1 and 0. The slope is kept above 0, so that no ranking
    changes.

    Assumptions:
        The log odds of a class are linear in its logit; validation and test images have the same distribution.

    When it helps:
        A resampling, a weight or a loss has moved the probabilities.

    Traps:
        Two numbers fitted to six positives overfit; prefer `temperature_scaling` there.

    Args:
        train: the training part.
    """
    return TrainingPlan.of(train, adjustment=PlattScaling())


@dataclass(frozen=True)
class PlattScaling:
    """The correction."""

    def __call__(self, head: Head, validation: HeldOut) -> Head:
        """Return the head with each class's logits scaled and shifted; classes without both labels stay.

        Raises:
            InputError: a softmax head.
        """
        if head.link != "sigmoid":
            raise InputError("platt_scaling is of sigmoid heads; compose softmax with vector_calibration")
        logits, labels = head.logits(validation.vectors).astype(np.float64), validation.labels
        slope, offset = np.ones(logits.shape[1]), np.zeros(logits.shape[1])
        both = labels.any(axis=0) & ~labels.all(axis=0)
        if both.any():
            slope[both], offset[both] = platt(logits[:, both], labels[:, both])
        return head.affine(slope, offset)

    def preserves_ranking(self, link: Link) -> bool:
        """Each class has an increasing map of its own."""
        return link == "sigmoid"

    def digest(self) -> str:
        """Return a hex digest: the correction has no arguments."""
        return digest_of("Platt scaling")
