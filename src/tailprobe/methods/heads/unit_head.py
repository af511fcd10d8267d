"""A linear layer on rows that are centred and divided by their length: logits are cosines, scaled and shifted."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import torch
from jaxtyping import Float

from tailprobe.learners.head import HEADS, Logits, Vectors, fold_affine, in_blocks, layer
from tailprobe.learners.loss import Link
from tailprobe.short_repr import short_repr


@HEADS.register("unit")
@short_repr
@dataclass(frozen=True, eq=False)
class UnitHead:
    """Logits are `output_weight (x - mean) inverse / |(x - mean) inverse| + output_bias`."""

    kind: ClassVar[str] = "unit"

    output_weight: Float[torch.Tensor, "C D"]
    output_bias: Float[torch.Tensor, " C"]
    mean: Float[torch.Tensor, " D"]
    inverse: Float[torch.Tensor, " D"]
    link: Link = "sigmoid"

    def logits(self, vectors: Vectors) -> Logits:
        """Return (N, C) float32 logits."""
        return in_blocks(self._block, vectors, classes=len(self.output_bias))

    def _block(self, rows: torch.Tensor) -> torch.Tensor:
        unit = torch.nn.functional.normalize((rows - self.mean) * self.inverse, dim=1)
        return layer(unit, self.output_weight, self.output_bias)

    def affine(self, scale: Float[np.ndarray, " C"], shift: Float[np.ndarray, " C"]) -> "UnitHead":
        """Return the head whose logits are `scale * logits + shift`."""
        weight, bias = fold_affine(self.output_weight, self.output_bias, scale, shift)
        return replace(self, output_weight=weight, output_bias=bias)

    def tensors(self) -> dict[str, torch.Tensor]:
        """Return weight, bias, mean and inverse."""
        return {name: getattr(self, name) for name in ("output_weight", "output_bias", "mean", "inverse")}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, torch.Tensor], link: Link) -> "UnitHead":
        """Build the head again; raises ValueError if shapes do not fit."""
        head = cls(**tensors, link=link)
        if head.output_weight.shape != (len(head.output_bias), len(head.mean)) or head.mean.shape != head.inverse.shape:
            raise ValueError("tensors of a unit head whose shapes do not fit")
        return head


def unit_rows(rows: Float[np.ndarray, "T D"]) -> Float[np.ndarray, "T D"]:
    """Return the rows divided by their length; rows of zeros stay."""
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(length > 0, length, 1)


def unit_head(
    weight: Float[np.ndarray, "C D"],
    bias: Float[np.ndarray, " C"],
    mean: Float[np.ndarray, " D"],
    inverse: Float[np.ndarray, " D"],
    link: Link,
) -> UnitHead:
    """Return the head of float64 arrays."""
    w, b, centre, factor = (torch.from_numpy(of.astype(np.float32)) for of in (weight, bias, mean, inverse))
    return UnitHead(w, b, centre, factor, link)
