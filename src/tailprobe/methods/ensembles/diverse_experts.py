"""Diverse experts: three heads trained for long-tailed, even and inverse classes, averaged."""

import numpy as np
from jaxtyping import Float

from tailprobe.learners.learner import Ensemble
from tailprobe.learners.loss import Loss, for_both_labels
from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.losses.class_prior import log_prior
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range


@method(
    "diverse_experts",
    family="ensemble",
    kinds={"single-label"},
    link="softmax",
    source="SADE of Zhang et al., NeurIPS 2022, equations 2 to 4 (arXiv:2107.09249), without their test-time weights",
    cites=("zhang2022",),
    formula="mean of the probabilities of heads trained by softmax of z, z + log(prior) and z + log(prior) - "
    "tau log(inverse prior)",
    example="diverse_experts(2)",
)
def diverse_experts(train: TrainingSet, tau: float = 2.0) -> Ensemble:
    """Average heads trained by softmax of z, of z + log(prior) and of z + log(prior) - tau log(inverse prior).

    The inverse prior gives the rarest class the share of the most frequent one, the next rarest that of the next most
    frequent, and so on. Each head suits another class distribution of the test images.

    Assumptions:
        Errors of heads trained for different class distributions differ, so that their average is better than each.

    When it helps:
        The class distribution of the test images is not known.

    Traps:
        On frozen embeddings the experts share all features, so the gain of the paper, whose experts have their own last
        blocks, must be measured again; it costs three training runs: compare with `softmax + ensemble(3)`.

    Args:
        train: the training part.
        tau: 0 to 100; 2 as in the authors' code.

    Raises:
        InputError: tau outside that range.
    """
    check_range(tau, 0, 100, what="diverse_experts: tau")
    prior, classes = log_prior(train.labels), len(train.labels.classes)
    shifts = (prior, prior - tau * inverse(prior))
    losses = (Loss("softmax"), *(Loss("softmax", shift=for_both_labels(shift, classes)) for shift in shifts))
    return Ensemble(tuple(TrainingPlan.of(train, loss) for loss in losses))


def inverse(values: Float[np.ndarray, " C"]) -> Float[np.ndarray, " C"]:
    """Return the values in reversed rank order: the largest value goes where the smallest was, and so on.

    >>> inverse(np.array([5.0, 1.0, 3.0])).tolist()
    [1.0, 5.0, 3.0]
    """
    order = np.argsort(values, kind="stable")
    dealt = np.empty_like(values)
    dealt[order] = values[order[::-1]]
    return dealt
