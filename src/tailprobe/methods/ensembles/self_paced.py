"""Self-paced ensemble: bags whose frequent images are drawn by how hard they are, easier ones first."""

import numpy as np
from jaxtyping import Float

from tailprobe.learners.learner import Ensemble
from tailprobe.learners.plan import Stage, TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.ensembles.bags import rare_probability, rare_rows
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range


@method(
    "self_paced",
    family="ensemble",
    needs={"embeddings"},
    source="Liu et al., ICDE 2020, algorithm 1 (arXiv:1909.03500), absolute error as hardness",
    cites=("liu2020",),
    formula="mean of the probabilities of k heads; head i draws from a bin of mean hardness h as 1 / (h + "
    "tan(i pi / (2 k)))",
    example="self_paced(5)",
)
def self_paced(train: TrainingSet, k: int = 5, bins: int = 10) -> Ensemble:
    """Train k heads on bags of all rare images and as many others, and average their probabilities.

    The images without a low-frequency class are put into bins by hardness, the mean probability of being rare given by
    the logistic regressions of the bags before. In bag i a bin gives images in proportion to 1 / (its mean hardness +
    tan(i pi / (2 k))): at first every bin contributes the same total hardness, in the end the same number of images.
    Rare images are those of a low-frequency class.

    Assumptions:
        Hardness separates images near the boundary from noise, which very hard images often are.

    When it helps:
        Frequent classes overlap with rare ones and have wrong labels.

    Traps:
        Hardness is measured on all rows, those that a regression was fitted to included; with few rare images it is
        noisy.

    Args:
        train: the training part.
        k: members, 2 to 100.
        bins: 1 to 100.

    Raises:
        InputError: k or bins outside its range.
    """
    check_range(k, 2, 100, what="self_paced: k")
    check_range(bins, 1, 100, what="self_paced: bins")
    rare = rare_rows(train)
    kept, others = np.flatnonzero(rare), np.flatnonzero(~rare)
    number = min(max(len(kept), 1), len(others))
    bag = np.concatenate([kept, train.rng.permutation(others)[:number]])
    plans, found = [TrainingPlan((Stage(bag),))], []
    for i in range(1, k):
        found.append(rare_probability(train, rare, bag))
        p = drawing_probabilities(np.mean(found, axis=0)[others], bins, np.tan(i * np.pi / (2 * k)))
        drawn = train.rng.choice(others, number, replace=False, p=p) if number else others
        bag = np.concatenate([kept, drawn])
        plans.append(TrainingPlan((Stage(bag),)))
    return Ensemble(tuple(plans))


def drawing_probabilities(hardness: Float[np.ndarray, " n"], bins: int, factor: float) -> Float[np.ndarray, " n"]:
    """Return the probability of each row to be drawn: its bin's share, 1 / (mean hardness + factor), split evenly.

    >>> drawing_probabilities(np.array([0.0, 0.0, 1.0]), 2, 1.0).round(3).tolist()
    [0.333, 0.333, 0.333]
    """
    if not len(hardness):
        return hardness
    edges = np.linspace(hardness.min(), hardness.max() + 1e-12, bins + 1)
    place = np.clip(np.searchsorted(edges, hardness, side="right") - 1, 0, bins - 1)
    counts = np.bincount(place, minlength=bins)
    mean = np.bincount(place, hardness, minlength=bins) / np.maximum(counts, 1)
    shares = np.where(counts > 0, 1 / (mean + factor + 1e-9), 0.0) / np.maximum(counts, 1)
    return shares[place] / shares[place].sum()
