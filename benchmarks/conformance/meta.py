"""The bilevel gradient of Meta-Weight-Net against finite differences of a step written out in numpy."""

import numpy as np
import torch
from scipy.special import expit

from benchmarks.conformance.check import check
from benchmarks.conformance.data import head_data
from tailprobe.methods.heads.linear_fit import standardised
from tailprobe.methods.weighting.meta_weight import MetaDescent, held_back, network

_STEP = 1e-5
Parts = list[np.ndarray]


@check(
    "meta_weight",
    "central differences of the held-back loss after a step written out in numpy, relative",
    tolerance=1e-6,
)
def meta_weight() -> float:
    """Raise and lower single weights of the network."""
    data, rng = head_data("multi-label"), np.random.default_rng(0)
    x, labels = standardised(data)[0], data.labels.matrix[data.train]
    held, w = held_back(labels, rng), rng.standard_normal((7, 5))
    parts = network(rng, torch.float64)
    descent, weights = MetaDescent(x, labels, held, parts), torch.from_numpy(w.T.copy())
    stepped = descent.stepped(weights, descent.terms(weights))
    descent.meta_loss(stepped).backward()  # type: ignore[no-untyped-call]
    one, worst, scale = np.column_stack([x, np.ones(len(x))]), 0.0, 0.0
    for k, part in enumerate(parts):
        assert part.grad is not None
        for place in range(0, part.numel(), 17):
            values = []
            for sign in (1, -1):
                moved = [p.detach().numpy().copy() for p in parts]
                moved[k].flat[place] += sign * _STEP
                values.append(_after_a_step(moved, one, labels, held, w, descent.rate))
            found = float(part.grad.flatten()[place])
            worst = max(worst, abs((values[0] - values[1]) / (2 * _STEP) - found))
            scale = max(scale, abs(found))
    return worst / scale


def _after_a_step(
    parts: Parts, x: np.ndarray, labels: np.ndarray, held: np.ndarray, w: np.ndarray, rate: float
) -> float:
    """Return the balanced loss of the rows held back after one step of gradient descent."""
    rows, y = x[~held], labels[~held]
    z = rows @ w
    losses = np.logaddexp(0, np.where(y, -z, z))
    first, offset, second, last = parts
    v = np.empty_like(losses)
    for place, loss in np.ndenumerate(losses):
        v[place] = expit(np.maximum(loss * first[0] + offset, 0) @ second[:, 0] + last[0])
    stepped = w - rate * rows.T @ (v / v.sum(axis=0) * (expit(z) - y))
    total = 0.0
    for c in range(labels.shape[1]):
        scores, positive = x[held] @ stepped[:, c], labels[held, c]
        total += (np.logaddexp(0, -scores[positive]).mean() + np.logaddexp(0, scores[~positive]).mean()) / 2
    return total
