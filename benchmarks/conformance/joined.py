"""Methods that join finished heads, against choices and means by hand."""

import numpy as np
import torch
from scipy.special import expit
from sklearn.metrics import average_precision_score, log_loss

from benchmarks.conformance.check import check
from benchmarks.conformance.data import PARTS, fitted, head_data, largest, vectors_of
from tailprobe.learners.head import LinearHead
from tailprobe.learners.learner import HeadData
from tailprobe.methods.ensembles.best_per_class import BestPerClass


@check("best_per_class", "scikit-learn's average precision of each head and class, shrunk by hand, logits", tolerance=0)
def best_per_class() -> float:
    """Choose among five random heads, class by class."""
    data, rng = head_data("multi-label"), np.random.default_rng(0)
    held = data.held_out()
    heads = [LinearHead(torch.from_numpy(rng.standard_normal((5, 6))).float(), torch.zeros(5)) for _ in range(5)]
    logits = [head.logits(held.vectors) for head in heads]
    precision = [[average_precision_score(held.labels[:, c], z[:, c]) for c in range(5)] for z in logits]
    wanted = []
    for c in range(5):
        n = int(held.labels[:, c].sum())
        shrunk = [(n * of[c] + 6 * sum(of) / 5) / (n + 6) for of in precision]
        wanted.append(logits[shrunk.index(max(shrunk))][:, c])
    return largest(BestPerClass(6.0)(heads, held).logits(held.vectors), np.stack(wanted, axis=1))


@check(
    "late_fusion",
    "scikit-learn's log loss over eleven pairs of weights of `logistic` on each part, logits",
    tolerance=1e-4,
)
def late_fusion() -> float:
    """Fit the parts alone, and try the weights one by one."""
    data = head_data("multi-label")
    held, of_part = data.held_out(), (slice(0, PARTS[0]), slice(PARTS[0], None))
    parts = [HeadData(data.vectors[:, of], data.labels, data.train, data.validation) for of in of_part]
    one, two = (fitted("logistic", part).logits(part.vectors).astype(np.float64) for part in parts)
    rows = data.validation
    losses = {v: log_loss(held.labels.ravel(), expit((v * one + (10 - v) * two) / 10)[rows].ravel()) for v in range(11)}
    best = min(losses, key=lambda v: losses[v])
    return largest(fitted("late_fusion", data).logits(vectors_of(data.labels)), (best * one + (10 - best) * two) / 10)
