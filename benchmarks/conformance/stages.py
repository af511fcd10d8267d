"""Methods of two stages, and ensembles."""

import numpy as np
from scipy.special import expit

from benchmarks.conformance.check import check
from benchmarks.conformance.data import LOW, labels_of, largest, learner, plan
from tailprobe.learners.head import LinearHead
from tailprobe.learners.joined_heads import MeanHead
from tailprobe.learners.learner import Ensemble
from tailprobe.methods.ensembles.balance_cascade import hardest
from tailprobe.methods.ensembles.self_paced import drawing_probabilities


def shares(rows: np.ndarray) -> np.ndarray:
    """Return each class's share of single-label rows."""
    return labels_of("single-label").matrix[rows].mean(axis=0)


@check("drw", "weights of the second stage: effective numbers; of the first: none", tolerance=1e-9)
def drw() -> float:
    """Read the weights of both stages."""
    first, second = plan("drw(0.99, 0.7)", "single-label").stages
    raw = (1 - 0.99) / (1 - 0.99 ** labels_of("single-label").counts.astype(float))
    assert first.loss.weight is None
    assert second.loss.weight is not None
    return max(largest(second.loss.weight[1], raw / raw.mean()), abs(first.share - 0.7))


@check("drw_bce", "weights of positives in the second stage: effective numbers; of the first: none", tolerance=1e-9)
def drw_bce() -> float:
    """Read the weights of both stages."""
    first, second = plan("drw_bce(0.99, 0.7)", "multi-label").stages
    raw = (1 - 0.99) / (1 - 0.99 ** labels_of("multi-label").counts.astype(float))
    assert first.loss.weight is None
    assert second.loss.weight is not None
    return max(largest(second.loss.weight[1], raw / raw.mean()), largest(second.loss.weight[0], np.ones(5)))


@check("drs", "class shares of the rows: as they are, then 1 / C", tolerance=1e-3)
def drs() -> float:
    """Count rows by stage."""
    first, second = plan("drs(0.7)", "single-label").stages
    natural = labels_of("single-label").matrix.mean(axis=0)
    return max(largest(shares(first.rows), natural), largest(shares(second.rows), np.full(5, 0.2)))


@check("crt", "class shares of the rows of the second stage: 1 / C", tolerance=1e-3)
def crt() -> float:
    """Count rows of the second stage, which trains a new output layer."""
    _, second = plan("crt(0.4)", "single-label").stages
    assert second.trains == "output"
    assert second.restart_output
    return largest(shares(second.rows), np.full(5, 0.2))


@check("ensemble", "mean of the members' probabilities", tolerance=1e-6)
def ensemble() -> float:
    """Average three linear heads by hand."""
    import torch

    rng = torch.Generator().manual_seed(0)
    heads = tuple(LinearHead(torch.randn(5, 6, generator=rng), torch.randn(5, generator=rng)) for _ in range(3))
    rows = np.random.default_rng(0).standard_normal((50, 6)).astype(np.float32)
    wanted = np.mean([expit(head.logits(rows).astype(np.float64)) for head in heads], axis=0)
    return largest(expit(MeanHead(heads).logits(rows).astype(np.float64)), wanted)


def members(text: str) -> list[np.ndarray]:
    """Return the rows of every member."""
    made = learner(text, "single-label")
    assert isinstance(made, Ensemble)
    return [of.stages[0].rows for of in made.members]


@check(
    "under_bagging", "counts of every member: the least of count and 15; members differ: counts beside it", tolerance=0
)
def under_bagging() -> float:
    """Count rows by member."""
    labels, bags = labels_of("single-label"), members("under_bagging(4, 15)")
    wrong = sum(int(np.abs(labels.matrix[rows].sum(axis=0) - np.minimum(labels.counts, 15)).sum()) for rows in bags)
    return float(wrong + sum((bags[0] == rows).all() for rows in bags[1:] if len(rows) == len(bags[0])))


@check(
    "balance_cascade",
    "algorithm 2 of Liu et al. 2009: sizes of bags, and what is dropped is lowest: rows beside it",
    tolerance=0,
)
def balance_cascade() -> float:
    """Look at the bags, and at what a cut keeps."""
    labels, bags = labels_of("single-label"), members("balance_cascade(4)")
    rare = (labels.matrix & LOW).any(axis=1)
    wrong = sum(int((~np.isin(np.flatnonzero(rare), rows)).sum()) + abs(len(rows) - 2 * rare.sum()) for rows in bags)
    p, others = np.random.default_rng(0).random(100), np.arange(0, 100, 2)
    kept = hardest(others, p, 0.3)
    dropped = np.setdiff1d(others, kept)
    return float(wrong + (len(kept) != 15) + (p[dropped].max() > p[kept].min()))


@check("self_paced", "algorithm 1 of Liu et al. 2020: share of each bin of hardness, bin by bin", tolerance=1e-6)
def self_paced() -> float:
    """Add up probabilities by bin."""
    hardness = np.random.default_rng(0).random(500) ** 3
    hardness = np.append(hardness, [0.0, 1.0])
    p, factor, wanted, ours = drawing_probabilities(hardness, 5, 0.4), 0.4, [], []
    for b in range(5):
        inside = (hardness >= b / 5) & (hardness < (b + 1) / 5 if b < 4 else hardness <= 1)
        wanted.append(1 / (hardness[inside].mean() + factor))
        ours.append(p[inside].sum())
    return largest(ours, np.array(wanted) / sum(wanted))


@check(
    "diverse_experts", "shifts of SADE's three losses: 0, log p, log p - 2 log of p dealt out backwards", tolerance=1e-9
)
def diverse_experts() -> float:
    """Write the shifts out."""
    made, counts = learner("diverse_experts", "single-label"), labels_of("single-label").counts
    assert isinstance(made, Ensemble)
    p = counts / counts.sum()
    backwards = [sorted(p)[::-1][sorted(p).index(value)] for value in p]
    shifts = [of.stages[0].loss.shift for of in made.members]
    assert shifts[0] is None
    assert shifts[1] is not None
    assert shifts[2] is not None
    return max(largest(shifts[1][1], np.log(p)), largest(shifts[2][1], np.log(p) - 2 * np.log(backwards)))
