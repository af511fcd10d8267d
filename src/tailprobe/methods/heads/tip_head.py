"""The head of Tip-Adapter: zero-shot logits, and affinities to cached training images."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from jaxtyping import Float

from tailprobe.learners.head import HEADS, Logits, Vectors, in_blocks
from tailprobe.learners.joined_heads import AffineHead
from tailprobe.learners.loss import Link
from tailprobe.short_repr import short_repr

SCALE = 100.0  # of cosines with the embedded names


@HEADS.register("tip")
@short_repr
@dataclass(frozen=True, eq=False)
class TipHead:
    """Logits are 100 u T' + alpha exp(-beta (1 - u K')) L, u = x / |x|."""

    kind: ClassVar[str] = "tip"

    text: Float[torch.Tensor, "C D"]  # T, of length 1
    keys: Float[torch.Tensor, "M D"]  # K, of length 1
    values: Float[torch.Tensor, "M C"]  # L
    settings: Float[torch.Tensor, " 2"]  # alpha and beta
    link: Link = "softmax"

    def logits(self, vectors: Vectors) -> Logits:
        """Return (N, C) float32 logits."""
        return in_blocks(self._block, vectors, classes=len(self.text))

    def _block(self, rows: torch.Tensor) -> torch.Tensor:
        unit = torch.nn.functional.normalize(rows, dim=1)
        alpha, beta = self.settings
        return SCALE * unit @ self.text.T + alpha * affinity(unit, self.keys, float(beta)) @ self.values

    def affine(self, scale: Float[np.ndarray, " C"], shift: Float[np.ndarray, " C"]) -> AffineHead:
        """Return the head whose logits are `scale * logits + shift`."""
        return AffineHead.of(self, scale, shift)

    def tensors(self) -> dict[str, torch.Tensor]:
        """Return names, keys, values, alpha and beta."""
        return {name: getattr(self, name) for name in ("text", "keys", "values", "settings")}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, torch.Tensor], link: Link) -> "TipHead":
        """Build the head again; raises ValueError if shapes do not fit."""
        head = cls(**tensors, link=link)
        if head.values.shape != (len(head.keys), len(head.text)) or head.settings.shape != (2,):
            raise ValueError("tensors of a Tip-Adapter whose shapes do not fit")
        return head


def affinity(unit: torch.Tensor, keys: torch.Tensor, beta: float) -> torch.Tensor:
    """Return (B, M) exp(-beta (1 - u k)).

    Args:
        unit: (B, D) rows of length 1.
        keys: (M, D) of length 1.
        beta: how fast affinity falls with the cosine.
    """
    return torch.exp(-beta * (1 - unit @ keys.T))
