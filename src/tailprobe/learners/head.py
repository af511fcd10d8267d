"""Head: a trained classifier of embeddings, and the registry of its kinds."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float

from tailprobe.learners.loss import Link
from tailprobe.registry import Registry
from tailprobe.short_repr import short_repr

Vectors = Float[np.ndarray, "N D"]
Logits = Float[np.ndarray, "N C"]
_BLOCK = 8192  # rows at once


@runtime_checkable
class Head(Protocol):
    """A trained classifier: maps embeddings, as they are stored, to logits.

    Any object with these members is one. A head is stored as safetensors, by `kind`, `link` and `tensors()`, and read
    back by `from_tensors` of the class that `HEADS` has under `kind`. D is the embeddings' dimension, C the number of
    classes.
    """

    kind: ClassVar[str]  # the name it is registered under

    @property
    def link(self) -> Link:
        """How logits become probabilities, "sigmoid" or "softmax"; see `scores.link`."""

    def logits(self, vectors: Vectors) -> Logits:
        """Return (N, C) float32 logits of (N, D) float32 or float16 embeddings; classes in the order of the labels."""

    def affine(self, scale: Float[np.ndarray, " C"], shift: Float[np.ndarray, " C"]) -> "Head":
        """Return a head whose logits are `scale * logits + shift`, class by class."""

    def tensors(self) -> Mapping[str, torch.Tensor]:
        """Return the tensors that `from_tensors` needs, by name."""

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, torch.Tensor], link: Link) -> "Head":
        """Return the head that has these tensors.

        Raises:
            KeyError, TypeError, ValueError: tensors that are missing, unknown or whose shapes do not fit.
        """


HEADS: Registry[type[Head]] = Registry("kind of head")


@HEADS.register("mlp")
@short_repr
@dataclass(frozen=True, eq=False)
class MlpHead:
    """An MLP with one hidden layer of W units: Linear-ReLU-Linear.

    Standardisation is folded into the first layer, corrections into the second.

    >>> head = MlpHead(torch.eye(2), torch.zeros(2), torch.ones(1, 2), torch.zeros(1))
    >>> head.logits(np.array([[1.0, -3.0]], dtype=np.float32)).tolist()
    [[1.0]]
    """

    kind: ClassVar[str] = "mlp"

    hidden_weight: Float[torch.Tensor, "W D"]
    hidden_bias: Float[torch.Tensor, " W"]
    output_weight: Float[torch.Tensor, "C W"]
    output_bias: Float[torch.Tensor, " C"]
    link: Link = "sigmoid"

    def logits(self, vectors: Vectors) -> Logits:
        """Return (N, C) float32 logits."""
        return in_blocks(self._block, vectors, classes=len(self.output_bias))

    def _block(self, rows: torch.Tensor) -> torch.Tensor:
        hidden = torch.relu(layer(rows, self.hidden_weight, self.hidden_bias))
        return layer(hidden, self.output_weight, self.output_bias)

    def affine(self, scale: Float[np.ndarray, " C"], shift: Float[np.ndarray, " C"]) -> "MlpHead":
        """Return the head whose logits are `scale * logits + shift`."""
        weight, bias = fold_affine(self.output_weight, self.output_bias, scale, shift)
        return replace(self, output_weight=weight, output_bias=bias)

    def tensors(self) -> dict[str, torch.Tensor]:
        """Return weight and bias of both layers."""
        names = ("hidden_weight", "hidden_bias", "output_weight", "output_bias")
        return {name: getattr(self, name) for name in names}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, torch.Tensor], link: Link) -> "MlpHead":
        """Build the head again; raises ValueError if shapes do not fit."""
        head = cls(**tensors, link=link)
        width, classes = len(head.hidden_bias), len(head.output_bias)
        if head.hidden_weight.shape[:1] != (width,) or head.output_weight.shape != (classes, width):
            raise ValueError("weights of a head whose shapes do not fit")
        return head


@HEADS.register("linear")
@short_repr
@dataclass(frozen=True, eq=False)
class LinearHead:
    """One linear layer.

    >>> head = LinearHead(torch.tensor([[1.0, 2.0]]), torch.tensor([0.5]))
    >>> head.affine(np.array([2.0]), np.array([1.0])).logits(np.array([[1.0, 1.0]], dtype=np.float32)).tolist()
    [[8.0]]
    """

    kind: ClassVar[str] = "linear"

    output_weight: Float[torch.Tensor, "C D"]
    output_bias: Float[torch.Tensor, " C"]
    link: Link = "sigmoid"

    def logits(self, vectors: Vectors) -> Logits:
        """Return (N, C) float32 logits."""
        return in_blocks(self._block, vectors, classes=len(self.output_bias))

    def _block(self, rows: torch.Tensor) -> torch.Tensor:
        return layer(rows, self.output_weight, self.output_bias)

    def affine(self, scale: Float[np.ndarray, " C"], shift: Float[np.ndarray, " C"]) -> "LinearHead":
        """Return the head whose logits are `scale * logits + shift`."""
        weight, bias = fold_affine(self.output_weight, self.output_bias, scale, shift)
        return replace(self, output_weight=weight, output_bias=bias)

    def tensors(self) -> dict[str, torch.Tensor]:
        """Return weight and bias."""
        return {"output_weight": self.output_weight, "output_bias": self.output_bias}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, torch.Tensor], link: Link) -> "LinearHead":
        """Build the head again; raises ValueError if shapes do not fit."""
        head = cls(**tensors, link=link)
        if head.output_weight.ndim != 2 or len(head.output_weight) != len(head.output_bias):
            raise ValueError("weights of a head whose shapes do not fit")
        return head


def layer(rows: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    """Return (B, C) `rows weight' + bias` of (B, W) rows, (C, W) weight and (C,) bias.

    The weight is read in row-major order, as it is stored: how a product is rounded depends on the order in memory.
    """
    return torch.addmm(bias, rows, weight.contiguous().T)


def in_blocks(block: "BlockLogits", vectors: Vectors, *, classes: int, rows: int = _BLOCK) -> Logits:
    """Return (N, C) float32 logits, taken block by block, so that memory-mapped embeddings are never loaded whole.

    Args:
        block: gives the logits of some rows.
        vectors: (N, D) embeddings.
        classes: C, for when there are no rows.
        rows: rows in a block.
    """
    parts = [
        block(torch.from_numpy(np.ascontiguousarray(vectors[i : i + rows], dtype=np.float32))).numpy()
        for i in range(0, len(vectors), rows)
    ]
    return np.concatenate(parts) if parts else np.empty((0, classes), dtype=np.float32)


@runtime_checkable
class BlockLogits(Protocol):
    """A function from (B, D) float32 rows to their (B, C) float32 logits."""

    def __call__(self, rows: torch.Tensor, /) -> torch.Tensor:
        """Return float32 logits."""


def fold_affine(
    weight: torch.Tensor, bias: torch.Tensor, scale: Float[np.ndarray, " C"], shift: Float[np.ndarray, " C"]
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return weight and bias, float32, of the layer that gives `scale * (x weight' + bias) + shift`.

    Args:
        weight: (C, W).
        bias: (C,).
        scale: (C,).
        shift: (C,).
    """
    factor, offset = torch.from_numpy(np.asarray(scale, np.float64)), torch.from_numpy(np.asarray(shift, np.float64))
    return (weight.double() * factor[:, None]).float(), (bias.double() * factor + offset).float()
