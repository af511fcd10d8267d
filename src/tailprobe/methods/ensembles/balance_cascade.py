"""Balance cascade: each bag leaves out the frequent images that a head of the last bag classifies correctly."""

import numpy as np
from jaxtyping import Float, Int

from tailprobe.learners.learner import Ensemble
from tailprobe.learners.plan import Stage, TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.ensembles.bags import rare_probability, rare_rows
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range


@method(
    "balance_cascade",
    family="ensemble",
    needs={"embeddings"},
    source="Liu, Wu and Zhou, IEEE Trans. SMC-B 2009, algorithm 2 (doi:10.1109/TSMCB.2008.2007853), heads in "
    "the place of AdaBoost",
    cites=("liu2009",),
    formula="mean of the probabilities of k heads; (rare / others)^(1 / (k - 1)) of the others, the hardest, "
    "stay after each",
    example="balance_cascade(5)",
)
def balance_cascade(train: TrainingSet, k: int = 5) -> Ensemble:
    """Train k heads on bags of all rare images and as many others, and average their probabilities.

    After each bag, of the images without a low-frequency class the share (rare / others)^(1 / (k - 1)) is kept: those
    that a logistic regression fitted to the bag finds most likely to be rare. So as many are left for the last bag as
    there are rare images. Rare images are those of a low-frequency class. Where there are no more others than rare
    images, all are in every bag.

    Assumptions:
        What a head already classifies correctly has nothing more to teach it.

    When it helps:
        Frequent classes hold many easy images, and a single undersampling would lose the hard ones.

    Traps:
        Later bags hold the hardest images, and wrong labels are among these.

    Args:
        train: the training part.
        k: members, 2 to 100.

    Raises:
        InputError: k outside that range.
    """
    check_range(k, 2, 100, what="balance_cascade: k")
    rare = rare_rows(train)
    kept, others = np.flatnonzero(rare), np.flatnonzero(~rare)
    share = min(max(len(kept), 1) / max(len(others), 1), 1) ** (1 / (k - 1))
    plans = []
    for _ in range(k):
        bag = np.concatenate([kept, train.rng.permutation(others)[: max(len(kept), 1)]])
        plans.append(TrainingPlan((Stage(bag),)))
        others = hardest(others, rare_probability(train, rare, bag), share)
    return Ensemble(tuple(plans))


def hardest(others: Int[np.ndarray, " n"], p: Float[np.ndarray, " T"], share: float) -> Int[np.ndarray, " m"]:
    """Return the `share` of the rows `others` whose probability of being rare is highest, in ascending order."""
    number = round(share * len(others))
    return np.sort(others[np.argsort(-p[others], kind="stable")[:number]])
