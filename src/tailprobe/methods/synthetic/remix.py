"""Remix: mixup whose labels favour the rarer class."""

import numpy as np
from jaxtyping import Float, Int

from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range
from tailprobe.methods.synthetic.mix import mixtures


@method(
    "remix",
    family="synthetic",
    kinds={"single-label"},
    needs={"embeddings"},
    source="Chou et al., ECCV 2020 workshop, equation 4 (arXiv:2007.03943), of embeddings",
    cites=("chou2020",),
    formula="mixup, but only the label of the rarer class if n / n' >= kappa and its share of x > 1 - tau",
    example="remix(1, 3, 0.5)",
)
def remix(train: TrainingSet, alpha: float = 1.0, kappa: float = 3.0, tau: float = 0.5) -> TrainingPlan:
    """Mix images as `mixup` does; a mixture of a rare and a frequent class is labelled only as the rare class.

    Of two images whose classes differ in count by a factor of kappa or more the rarer class gives the whole label,
    where its share of the vector is above 1 - tau.

    Assumptions:
        The decision boundary of a rare class is too close to its images.

    When it helps:
        Rare classes are predicted too seldom.

    Traps:
        Those of `mixup`; scores of rare classes become too high.

    Args:
        train: the training part.
        alpha: of Beta(alpha, alpha), 0.001 to 100.
        kappa: 1 to a million.
        tau: 0 to 1; 0 is `mixup`.

    Raises:
        InputError: an argument outside its range.
    """
    check_range(alpha, 1e-3, 100, what="remix: alpha")
    check_range(kappa, 1, 1e6, what="remix: kappa")
    check_range(tau, 0, 1, what="remix: tau")
    first, second = train.rng.permutation(len(train)), train.rng.permutation(len(train))
    share = train.rng.beta(alpha, alpha, len(train))
    counts = train.labels.counts[train.labels.matrix.argmax(axis=1)]
    return mixtures(train, first, second, share, label_share(share, counts[first], counts[second], kappa, tau))


def label_share(
    share: Float[np.ndarray, " M"],
    first: Int[np.ndarray, " M"],
    second: Int[np.ndarray, " M"],
    kappa: float,
    tau: float,
) -> Float[np.ndarray, " M"]:
    """Return (M,) float64, the first image's share of each label, by the counts of both classes.

    >>> label_share(np.array([0.4, 0.6, 0.4]), np.array([90, 10, 10]), np.array([10, 90, 10]), 3.0, 0.5).tolist()
    [0.0, 1.0, 0.4]
    """
    to_second = (first >= kappa * second) & (share < tau)
    to_first = (second >= kappa * first) & (1 - share < tau)
    return np.where(to_second & ~to_first, 0.0, np.where(to_first & ~to_second, 1.0, share))
