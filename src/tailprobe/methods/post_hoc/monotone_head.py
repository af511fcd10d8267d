"""A head whose logits are passed through an increasing curve per class."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from jaxtyping import Float

from tailprobe.learners.head import HEADS, Head, Logits, Vectors
from tailprobe.learners.joined_heads import AffineHead, nested, nested_head
from tailprobe.learners.loss import Link
from tailprobe.short_repr import short_repr


@HEADS.register("monotone")
@short_repr
@dataclass(frozen=True, eq=False)
class MonotoneHead:
    """Piecewise-linear curves through K knots a class, constant beyond the first and the last."""

    kind: ClassVar[str] = "monotone"

    inner: Head
    at: Float[torch.Tensor, "C K"]  # float64, logits of `inner`, non-decreasing
    to: Float[torch.Tensor, "C K"]  # float64, logits given, non-decreasing

    @property
    def link(self) -> Link:
        """The inner head's link."""
        return self.inner.link

    def logits(self, vectors: Vectors) -> Logits:
        """Return (N, C) float32 logits."""
        inner = self.inner.logits(vectors).astype(np.float64)
        curves = zip(inner.T, self.at.numpy(), self.to.numpy(), strict=True)
        return np.stack([np.interp(z, at, to) for z, at, to in curves], axis=1).astype(np.float32)

    def affine(self, scale: Float[np.ndarray, " C"], shift: Float[np.ndarray, " C"]) -> AffineHead:
        """Return the head whose logits are `scale * logits + shift`."""
        return AffineHead.of(self, scale, shift)

    def tensors(self) -> dict[str, torch.Tensor]:
        """Return the knots and the inner head's tensors."""
        return {"at": self.at, "to": self.to} | nested("inner", self.inner)

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, torch.Tensor], link: Link) -> "MonotoneHead":
        """Build the head again; raises ValueError if shapes do not fit."""
        if tensors["at"].shape != tensors["to"].shape:
            raise ValueError("curves of a head whose shapes do not fit")
        return cls(nested_head("inner", tensors, link), tensors["at"], tensors["to"])
