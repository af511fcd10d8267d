"""Methods that join finished heads, against choices and means by hand."""

import numpy as np
import torch
from sklearn.metrics import average_precision_score

from benchmarks.conformance.check import check
from benchmarks.conformance.data import head_data, largest
from tailprobe.learners.head import LinearHead
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
