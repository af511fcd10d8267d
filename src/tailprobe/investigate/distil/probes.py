"""Probes: linear heads on the way of their training, at which the gradients of real and synthetic rows are compared."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float

_STOPS = (0, 10, 40)  # steps of gradient descent after which a head is kept
_HEADS = 2
_SPREAD = 0.1  # of the weights at the start, times 1 / sqrt(D)


@dataclass(frozen=True, eq=False)
class Probes:
    """K linear heads with a bias as last column."""

    weights: Float[torch.Tensor, "K C E"]  # E = D + 1

    def gradients(self, rows: Float[torch.Tensor, "m D"], labels: Float[torch.Tensor, "m C"]) -> torch.Tensor:
        """Return (K, C, E): the mean gradient of the binary cross-entropy of rows, which rows can be moved by.

        For a linear head it is the mean of (p - y) x^T, x with a one appended.
        """
        extended = with_one(rows)
        errors = torch.sigmoid(torch.einsum("kce,me->kmc", self.weights, extended)) - labels
        return torch.einsum("kmc,me->kce", errors, extended) / len(rows)


def with_one(rows: Float[torch.Tensor, "m D"]) -> Float[torch.Tensor, "m E"]:
    """Append a column of ones, for the bias."""
    return torch.cat([rows, torch.ones(len(rows), 1)], dim=1)


def train_probes(rows: Float[np.ndarray, "T D"], labels: Bool[np.ndarray, "T C"], rng: np.random.Generator) -> Probes:
    """Train linear heads on all rows by Adam over whole passes, and keep them on the way.

    Args:
        rows: standardised.
    """
    extended, target = with_one(torch.from_numpy(rows)), torch.from_numpy(labels.astype(np.float32))
    kept = []
    for _ in range(_HEADS):
        start = rng.standard_normal((labels.shape[1], extended.shape[1])) * _SPREAD / np.sqrt(rows.shape[1])
        weights = torch.from_numpy(start.astype(np.float32)).requires_grad_(True)
        optimiser = torch.optim.Adam([weights], lr=0.01)
        for step in range(_STOPS[-1] + 1):
            if step in _STOPS:
                kept.append(weights.detach().clone())
            weights.grad = (torch.sigmoid(extended @ weights.detach().T) - target).T @ extended / len(extended)
            optimiser.step()
    return Probes(torch.stack(kept))
