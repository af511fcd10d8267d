"""Heads made of other heads: one whose logits are scaled and shifted, the average of several, a head for each class."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from jaxtyping import Float, Int

from tailprobe.learners.head import HEADS, Head, Logits, Vectors
from tailprobe.learners.loss import Link
from tailprobe.short_repr import short_repr


@HEADS.register("affine")
@short_repr
@dataclass(frozen=True, eq=False)
class AffineHead:
    """A head with an affine map of its logits after it, for kinds whose tensors cannot absorb one."""

    kind: ClassVar[str] = "affine"

    inner: Head
    scale: Float[torch.Tensor, " C"]
    shift: Float[torch.Tensor, " C"]

    @classmethod
    def of(cls, inner: Head, scale: Float[np.ndarray, " C"], shift: Float[np.ndarray, " C"]) -> "AffineHead":
        """Return `inner` with its logits scaled and shifted."""
        return cls(inner, torch.tensor(scale, dtype=torch.float32), torch.tensor(shift, dtype=torch.float32))

    @property
    def link(self) -> Link:
        """The inner head's link."""
        return self.inner.link

    def logits(self, vectors: Vectors) -> Logits:
        """Return (N, C) float32 logits."""
        return self.inner.logits(vectors) * self.scale.numpy() + self.shift.numpy()

    def affine(self, scale: Float[np.ndarray, " C"], shift: Float[np.ndarray, " C"]) -> "AffineHead":
        """Return the head whose logits are `scale * logits + shift`."""
        return AffineHead.of(self.inner, scale * self.scale.numpy(), scale * self.shift.numpy() + shift)

    def tensors(self) -> dict[str, torch.Tensor]:
        """Return scale, shift and the inner head's tensors."""
        return {"scale": self.scale, "shift": self.shift} | nested("inner", self.inner)

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, torch.Tensor], link: Link) -> "AffineHead":
        """Build the head again."""
        return cls(nested_head("inner", tensors, link), tensors["scale"], tensors["shift"])


@HEADS.register("mean")
@short_repr
@dataclass(frozen=True, eq=False)
class MeanHead:
    """The mean of several heads' probabilities."""

    kind: ClassVar[str] = "mean"

    members: tuple[Head, ...]

    @property
    def link(self) -> Link:
        """The members' link."""
        return self.members[0].link

    def logits(self, vectors: Vectors) -> Logits:
        """Return (N, C) float32: log odds (sigmoid) or logs (softmax) of the mean probability."""
        logits = [torch.from_numpy(member.logits(vectors)).double() for member in self.members]
        if self.link == "softmax":
            stacked = torch.stack([torch.log_softmax(z, dim=1) for z in logits])
            return (torch.logsumexp(stacked, dim=0) - np.log(len(logits))).float().numpy()
        # log odds of a mean: log sum sigmoid(z) - log sum sigmoid(-z), exact where probabilities round to 0 or 1
        z = torch.stack(logits)
        right = torch.logsumexp(torch.nn.functional.logsigmoid(z), dim=0)
        wrong = torch.logsumexp(torch.nn.functional.logsigmoid(-z), dim=0)
        return (right - wrong).float().numpy()

    def affine(self, scale: Float[np.ndarray, " C"], shift: Float[np.ndarray, " C"]) -> AffineHead:
        """Return the head whose logits are `scale * logits + shift`."""
        return AffineHead.of(self, scale, shift)

    def tensors(self) -> dict[str, torch.Tensor]:
        """Return the members' tensors."""
        tensors: dict[str, torch.Tensor] = {}
        for index, member in enumerate(self.members):
            tensors |= nested(str(index), member)
        return tensors

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, torch.Tensor], link: Link) -> "MeanHead":
        """Build the head again; raises ValueError if there is no member."""
        places = sorted({int(name.partition("/")[0]) for name in tensors})
        if not places:
            raise ValueError("a mean of no heads")
        return cls(tuple(nested_head(str(place), tensors, link) for place in places))


@HEADS.register("columns")
@short_repr
@dataclass(frozen=True, eq=False)
class ColumnsHead:
    """The logits of each class from one of several sigmoid heads."""

    kind: ClassVar[str] = "columns"

    members: tuple[Head, ...]
    choice: Int[torch.Tensor, " C"]  # place of a member

    @property
    def link(self) -> Link:
        """The members' link."""
        return self.members[0].link

    def logits(self, vectors: Vectors) -> Logits:
        """Return (N, C) float32 logits."""
        of_member = np.stack([member.logits(vectors) for member in self.members])  # (M, N, C)
        choice = self.choice.numpy()
        return np.ascontiguousarray(of_member[choice, :, np.arange(len(choice))].T)

    def affine(self, scale: Float[np.ndarray, " C"], shift: Float[np.ndarray, " C"]) -> AffineHead:
        """Return the head whose logits are `scale * logits + shift`."""
        return AffineHead.of(self, scale, shift)

    def tensors(self) -> dict[str, torch.Tensor]:
        """Return the choice and the members' tensors."""
        tensors = {"choice": self.choice}
        for index, member in enumerate(self.members):
            tensors |= nested(str(index), member)
        return tensors

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, torch.Tensor], link: Link) -> "ColumnsHead":
        """Build the head again; raises KeyError or ValueError if a part is missing."""
        choice = tensors["choice"]
        members = tuple(nested_head(str(place), tensors, link) for place in range(int(choice.max()) + 1))
        return cls(members, choice)


@HEADS.register("blend")
@short_repr
@dataclass(frozen=True, eq=False)
class BlendHead:
    """The weighted sum of several heads' logits."""

    kind: ClassVar[str] = "blend"

    members: tuple[Head, ...]
    weights: Float[torch.Tensor, " M"]

    @property
    def link(self) -> Link:
        """The members' link."""
        return self.members[0].link

    def logits(self, vectors: Vectors) -> Logits:
        """Return (N, C) float32 logits."""
        of_member = np.stack([member.logits(vectors) for member in self.members])  # (M, N, C)
        return (of_member * self.weights.numpy()[:, None, None]).sum(axis=0)

    def affine(self, scale: Float[np.ndarray, " C"], shift: Float[np.ndarray, " C"]) -> AffineHead:
        """Return the head whose logits are `scale * logits + shift`."""
        return AffineHead.of(self, scale, shift)

    def tensors(self) -> dict[str, torch.Tensor]:
        """Return the weights and the members' tensors."""
        tensors = {"weights": self.weights}
        for index, member in enumerate(self.members):
            tensors |= nested(str(index), member)
        return tensors

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, torch.Tensor], link: Link) -> "BlendHead":
        """Build the head again; raises KeyError or ValueError if a part is missing."""
        weights = tensors["weights"]
        return cls(tuple(nested_head(str(place), tensors, link) for place in range(len(weights))), weights)


def mean_weights(heads: Sequence[Head]) -> Head:
    """Return the head whose tensors are the means of those of heads of one kind and shape.

    >>> from tailprobe.learners.head import LinearHead
    >>> one, two = (LinearHead(torch.full((1, 1), w), torch.zeros(1)) for w in (1.0, 3.0))
    >>> mean_weights([one, two]).logits(np.ones((1, 1), np.float32)).tolist()
    [[2.0]]
    """
    tensors = [head.tensors() for head in heads]
    mean = {name: torch.stack([each[name].double() for each in tensors]).mean(dim=0).float() for name in tensors[0]}
    return type(heads[0]).from_tensors(mean, heads[0].link)


def nested(place: str, head: Head) -> dict[str, torch.Tensor]:
    """Return a head's tensors under `place/kind/name`."""
    return {f"{place}/{head.kind}/{name}": tensor for name, tensor in head.tensors().items()}


def nested_head(place: str, tensors: Mapping[str, torch.Tensor], link: Link) -> Head:
    """Build the head whose tensors are stored under `place`.

    Raises:
        ValueError: there is none.
    """
    mine = {name.split("/", 2)[2]: tensor for name, tensor in tensors.items() if name.startswith(f"{place}/")}
    kinds = {name.split("/", 2)[1] for name in tensors if name.startswith(f"{place}/")}
    if len(kinds) != 1:
        raise ValueError(f"no head is stored under {place!r}")
    return HEADS.get(kinds.pop()).from_tensors(mine, link)
