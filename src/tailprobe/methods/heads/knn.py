"""Nearest neighbours: a class's probability is its weighted share of the nearest training images."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import ClassVar

import numpy as np
import torch
from jaxtyping import Bool, Float

from tailprobe.learners.head import HEADS, Head, Logits, Vectors, in_blocks
from tailprobe.learners.joined_heads import AffineHead
from tailprobe.learners.learner import HeadData
from tailprobe.learners.loss import Link
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.heads.columns import centre_and_scale
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range
from tailprobe.short_repr import short_repr


@method(
    "knn",
    family="head",
    source="Wu et al., CVPR 2018, section 3.4: weighted by exp(cosine / temperature)",
    cites=("wu2018",),
    formula="score_c = the share of class c among k neighbours, each weighing exp(cosine / temperature)",
    example="knn(20)",
)
def knn(train: TrainingSet, k: int = 20, temperature: float = 0.07) -> "NeighbourFit":
    """Let the k nearest training images vote, each weighted by exp(cosine similarity / temperature).

    Nothing is trained. Similarities are of embeddings minus the mean of the training images, divided by the standard
    deviation of each dimension where the study standardises.

    Assumptions:
        Images that are close in the embedding carry the same classes.

    When it helps:
        The classes form many small clusters, which a linear head cannot separate.

    Traps:
        Classes of fewer than k images are outvoted unless their images are close together; at most the k neighbours
        have a say, so that many images tie at the bottom of a ranking.

    Args:
        train: the training part.
        k: neighbours, 1 to a million; fewer if there are fewer training images.
        temperature: 0.0001 to 10,000; small ones leave the vote to the nearest.

    Raises:
        InputError: k or temperature outside its range.
    """
    check_range(k, 1, 10**6, what="knn: k")
    check_range(temperature, 1e-4, 1e4, what="knn: temperature")
    return NeighbourFit(k, temperature)


@dataclass(frozen=True, eq=False)
class NeighbourFit:
    """The learner."""

    k: int
    temperature: float
    link: Link = "sigmoid"

    def digest(self) -> str:
        """Return a hex digest of both arguments."""
        return sha256(f"knn {self.k} {self.temperature!r}".encode()).hexdigest()

    def fit(self, data: HeadData, seed: int) -> "NeighbourHead":
        """Keep the training rows."""
        rows = data.training_vectors()
        mean, inverse = (torch.from_numpy(column.astype(np.float32)) for column in centre_and_scale(rows))
        inverse = inverse if data.standardise else torch.ones_like(inverse)
        unit = _unit((torch.from_numpy(rows) - mean) * inverse)
        carried = torch.from_numpy(data.labels.matrix[data.train])
        settings = torch.tensor([float(min(self.k, len(rows))), self.temperature], dtype=torch.float64)
        return NeighbourHead(unit, carried, mean, inverse, settings, self.link)


@HEADS.register("knn")
@short_repr
@dataclass(frozen=True, eq=False)
class NeighbourHead:
    """Training rows, centred and of unit length, with their labels."""

    kind: ClassVar[str] = "knn"

    rows: Float[torch.Tensor, "T D"]
    labels: Bool[torch.Tensor, "T C"]
    mean: Float[torch.Tensor, " D"]
    inverse: Float[torch.Tensor, " D"]  # what embeddings minus the mean are multiplied by
    settings: Float[torch.Tensor, " 2"]  # k and temperature
    link: Link = "sigmoid"

    def logits(self, vectors: Vectors) -> Logits:
        """Return (N, C) float32 log odds (sigmoid) or logs (softmax) of the smoothed votes (k v + 0.5) / (k + 1).

        v is the weighted share of the neighbours that carry the class.
        """
        return in_blocks(self._block, vectors, classes=self.labels.shape[1], rows=512)

    def _block(self, rows: torch.Tensor) -> torch.Tensor:
        k, temperature = int(self.settings[0]), float(self.settings[1])
        similar, nearest = (_unit((rows - self.mean) * self.inverse) @ self.rows.T).topk(k, dim=1)  # (B, k)
        votes = torch.softmax(similar / temperature, dim=1)
        share = (votes[..., None] * self.labels[nearest]).sum(dim=1)  # (B, C)
        share = (share * k + 0.5) / (k + 1)
        return torch.logit(share) if self.link == "sigmoid" else torch.log(share)

    def affine(self, scale: Float[np.ndarray, " C"], shift: Float[np.ndarray, " C"]) -> Head:
        """Return the head whose logits are `scale * logits + shift`."""
        return AffineHead.of(self, scale, shift)

    def tensors(self) -> dict[str, torch.Tensor]:
        """Return rows, labels, mean, inverse and settings."""
        return {name: getattr(self, name) for name in ("rows", "labels", "mean", "inverse", "settings")}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, torch.Tensor], link: Link) -> "NeighbourHead":
        """Build the head again; raises ValueError if shapes do not fit."""
        head = cls(**tensors, link=link)
        if (
            len(head.rows) != len(head.labels)
            or head.settings.shape != (2,)
            or not 1 <= head.settings[0] <= len(head.rows)
        ):
            raise ValueError("tensors of a nearest-neighbour head whose shapes do not fit")
        return head


def _unit(rows: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.normalize(rows, dim=1)
