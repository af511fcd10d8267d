"""The moved threshold: the baseline's heads with the threshold of each class that is best on validation images."""

from dataclasses import dataclass

import numpy as np

from tailprobe.errors import InputError
from tailprobe.learners.adjustment import HeldOut, digest_of
from tailprobe.learners.head import Head
from tailprobe.learners.loss import Link
from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range
from tailprobe.ranking import rank


@method(
    "move_threshold",
    family="post-hoc",
    source="Collell et al., Neurocomputing 2018; van Rijsbergen 1979 for F",
    cites=("collell2018", "vanrijsbergen1979"),
    formula="z_c - t_c, t_c the threshold of the best F on validation images",
    example="move_threshold",
)
def move_threshold(train: TrainingSet, *, beta: float = 2.0) -> TrainingPlan:
    """Move each class's threshold to its best F-beta on the validation part, by a shift of its logits.

    The logit at the best threshold becomes 0, a probability of 0.5. Rankings do not change, and the baseline's heads
    are used: what a method gains over this one is not due to thresholds. At the threshold rule `tuned(beta)` its
    decisions are the baseline's.

    Assumptions:
        Validation and test images have the same distribution.

    When it helps:
        Decisions at a fixed threshold matter; as the reference for methods that only move thresholds.

    Traps:
        For a class of few validation positives the best threshold is noisy, and F on the validation part is optimistic;
        shifted scores are no longer probabilities.

    Args:
        train: the training part.
        beta: 0.1 to 10; how many times as much recall counts as precision. 2 as the rule `tuned`.

    Raises:
        InputError: beta outside that range.
    """
    check_range(beta, 0.1, 10, what="move_threshold: beta")
    return TrainingPlan.of(train, adjustment=ThresholdShift(beta))


@dataclass(frozen=True, eq=False)
class ThresholdShift:
    """The correction."""

    beta: float

    def __call__(self, head: Head, validation: HeldOut) -> Head:
        """Return the head with each class's logits less its best threshold.

        A class without validation positives keeps its threshold.

        Raises:
            InputError: a softmax head, whose classes share a denominator, so that no shift moves one threshold alone.
        """
        if head.link != "sigmoid":
            raise InputError("move_threshold shifts thresholds of sigmoid heads; compose softmax with logit_adjust")
        ranked = rank(validation.labels, head.logits(validation.vectors), validation.known)
        shift = -np.nan_to_num(ranked.threshold_of_highest(ranked.f_beta(self.beta)))
        return head.affine(np.ones(len(shift)), shift)

    def preserves_ranking(self, link: Link) -> bool:
        """Each class has a shift of its own; softmax heads, where it would change rankings, are refused."""
        return link == "sigmoid"

    def digest(self) -> str:
        """Return a hex digest of beta."""
        return digest_of("threshold shift", np.array(self.beta))
