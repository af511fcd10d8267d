"""A soup: heads trained on subsets from balanced to whole, their weights averaged."""

import numpy as np

from tailprobe.learners.learner import Ensemble
from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range
from tailprobe.methods.resampling.undersample import undersample


@method(
    "soup",
    family="ensemble",
    source="Wortsman et al., ICML 2022, the uniform soup (arXiv:2203.05482); subsets of rising imbalance as in "
    "Aminbeidokhti et al., NeurIPS 2025, LT-Soups",
    cites=("wortsman2022", "aminbeidokhti2025"),
    formula="mean of the weights of k heads of one start, head j on undersample(n_j), n_j from the rarest's to all",
    example="soup(4)",
)
def soup(train: TrainingSet, k: int = 4) -> Ensemble:
    """Train k heads from one initialisation on subsets from balanced to whole, and average their weights.

    Head j sees n_j images of a class at most; the n_j rise geometrically from the number of the rarest class to that of
    the most frequent one, so the last head is the baseline. Costs k trainings, most of them on few rows, and in use no
    more than one head.

    Assumptions:
        Heads from one start stay so near to each other that the mean of their weights is as good as that of their
        scores.

    When it helps:
        Balanced subsets help rare classes and harm frequent ones, and one head for both is wanted.

    Traps:
        On long trainings at a high learning rate hidden units drift apart, and the mean is worse than any member:
        compare with `under_bagging`, which averages probabilities.

    Args:
        train: the training part.
        k: heads, 2 to 100.

    Raises:
        InputError: k outside that range.
    """
    check_range(k, 2, 100, what="soup: k")
    counts = train.labels.counts[train.labels.counts > 0]
    caps = np.unique(np.geomspace(counts.min(), counts.max(), k).round().astype(int)).tolist()
    plans = [undersample.function(train, cap) for cap in caps]
    return Ensemble(tuple(plan for plan in plans if isinstance(plan, TrainingPlan)), mean_of="weights")
