"""Standardisation of embeddings by the training rows, folded into the head afterwards."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int


@dataclass(frozen=True, eq=False)
class Standardisation:
    """The map x -> (x - mean) * inverse, dimension by dimension."""

    mean: Float[np.ndarray, " D"]  # float32
    inverse: Float[np.ndarray, " D"]  # float32, 1 / standard deviation; 1 where a dimension is constant

    @classmethod
    def of(
        cls, embeddings: Float[np.ndarray, "N D"], train: Int[np.ndarray, " T"], *, wanted: bool, block: int = 65536
    ) -> "Standardisation":
        """Return the standardisation by the training rows, or the identity.

        Args:
            embeddings: (N, D), may be memory-mapped.
            train: (T,) the training rows.
            wanted: False for the identity.
            block: rows read at once.
        """
        width = embeddings.shape[1]
        if not wanted:
            return cls(np.zeros(width, np.float32), np.ones(width, np.float32))
        total, squares = np.zeros(width), np.zeros(width)
        first = embeddings[train[0]].astype(np.float64)  # shifted sums keep their digits
        for start in range(0, len(train), block):
            part = embeddings[train[start : start + block]] - first
            total += part.sum(axis=0)
            squares += np.einsum("nd,nd->d", part, part)
        mean = total / len(train)
        deviation = np.sqrt(np.maximum(squares / len(train) - mean**2, 0))
        varies = deviation > 1e-6 * np.maximum(np.abs(first + mean), 1e-6)
        return cls(
            (first + mean).astype(np.float32),
            np.where(varies, 1 / np.where(varies, deviation, 1), 1).astype(np.float32),
        )

    def apply(self, rows: Float[np.ndarray, "B D"]) -> Float[np.ndarray, "B D"]:
        """Return (B, D) float32, the rows standardised."""
        return (rows.astype(np.float32) - self.mean) * self.inverse

    def fold(self, weight: torch.Tensor, bias: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the first layer that for raw rows gives what (weight, bias) gives for standardised ones.

        weight @ ((x - mean) * inverse) + bias = (weight * inverse) @ x + (bias - (weight * inverse) @ mean)
        """
        scaled = weight.double() * torch.from_numpy(self.inverse).double()
        shifted = bias.double() - scaled @ torch.from_numpy(self.mean).double()
        return scaled.float(), shifted.float()
