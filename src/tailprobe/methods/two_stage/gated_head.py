"""A head whose logits move by class as far as a gate of the embedding lets them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from jaxtyping import Float

from tailprobe.learners.head import HEADS, Head, Logits, Vectors, in_blocks
from tailprobe.learners.joined_heads import AffineHead, nested, nested_head
from tailprobe.learners.loss import Link


@HEADS.register("gated")
@dataclass(frozen=True, eq=False)
class GatedHead:
    """Logits are `z + g (scale z + shift - z)`, z the inner head's and g a sigmoid of `gate x + offset`."""

    kind: ClassVar[str] = "gated"

    inner: Head
    scale: Float[torch.Tensor, " C"]
    shift: Float[torch.Tensor, " C"]
    gate: Float[torch.Tensor, " D"]
    offset: Float[torch.Tensor, ""]

    @property
    def link(self) -> Link:
        """The inner head's link."""
        return self.inner.link

    def logits(self, vectors: Vectors) -> Logits:
        """Return (N, C) float32 logits."""
        z = self.inner.logits(vectors)
        gates = in_blocks(lambda rows: torch.sigmoid(rows @ self.gate + self.offset)[:, None], vectors, classes=1)
        return z + gates * (self.scale.numpy() * z + self.shift.numpy() - z)

    def affine(self, scale: Float[np.ndarray, " C"], shift: Float[np.ndarray, " C"]) -> AffineHead:
        """Return the head whose logits are `scale * logits + shift`."""
        return AffineHead.of(self, scale, shift)

    def tensors(self) -> dict[str, torch.Tensor]:
        """Return scale, shift, gate, offset and the inner head's tensors."""
        own = {name: getattr(self, name) for name in ("scale", "shift", "gate", "offset")}
        return own | nested("inner", self.inner)

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, torch.Tensor], link: Link) -> "GatedHead":
        """Build the head again."""
        own = {name: tensors[name] for name in ("scale", "shift", "gate", "offset")}
        return cls(nested_head("inner", tensors, link), **own)
