r"""ML-kNN: what the number of neighbours that carry a class says about the class, by Bayes' rule.

With s = 1, n_c carriers among T rows, and for row i the number j of its k nearest other rows that carry c:

    P(H) = (s + n_c) / (2 s + T)
    P(j | H)  = (s + carriers of c with j such neighbours) / (s (k + 1) + n_c), and so for those that do not carry it
    odds of c = P(H) P(j | H) / ((1 - P(H)) P(j | not H))
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import ClassVar

import numpy as np
import torch
from jaxtyping import Bool, Float, Int

from tailprobe.learners.head import HEADS, Logits, Vectors, in_blocks
from tailprobe.learners.joined_heads import AffineHead
from tailprobe.learners.learner import HeadData
from tailprobe.learners.loss import Link
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.heads.columns import centre_and_scale
from tailprobe.methods.method import method
from tailprobe.methods.ranges import check_range
from tailprobe.short_repr import short_repr

_BLOCK = 512  # rows at once
_SMOOTHING = 1.0


@method(
    "ml_knn",
    family="head",
    source="Zhang and Zhou, Pattern Recognition 2007, equations 2 to 5 (doi:10.1016/j.patcog.2006.12.019), smoothing 1",
    cites=("zhang2007",),
    formula="score_c = P(c | j of k neighbours carry c), by Bayes' rule from the counts of training images",
    example="ml_knn(10)",
)
def ml_knn(train: TrainingSet, k: int = 10) -> "MlKnnFit":
    """Estimate, for each class, how likely an image carries it if j of its k nearest training images do.

    Euclidean distances of the embeddings, standardised where the study does so. Bayes' rule turns the number of
    neighbours that carry a class into a probability, with counts of the training images and a smoothing of 1. Nothing
    is trained. Takes T^2 D products.

    Assumptions:
        The number of neighbours that carry a class is all that matters, and its distribution is that among training
        images.

    When it helps:
        Two neighbours of ten are strong evidence for a rare class and weak evidence for a frequent one, which a plain
        vote ignores.

    Traps:
        There are at most k + 1 different scores a class, so many images tie.

    Args:
        train: the training part.
        k: neighbours, 1 to 1000; fewer if there are fewer training images.

    Raises:
        InputError: k outside that range.
    """
    check_range(k, 1, 1000, what="ml_knn: k")
    return MlKnnFit(k)


@dataclass(frozen=True, eq=False)
class MlKnnFit:
    """The learner."""

    k: int
    link: Link = "sigmoid"

    def digest(self) -> str:
        """Return a hex digest of k."""
        return sha256(f"ml-knn {self.k}".encode()).hexdigest()

    def fit(self, data: HeadData, seed: int) -> "MlKnnHead":
        """Count the neighbours of the training rows."""
        rows = data.training_vectors()
        mean, inverse = (torch.from_numpy(column.astype(np.float32)) for column in centre_and_scale(rows))
        inverse = inverse if data.standardise else torch.ones_like(inverse)
        x = (torch.from_numpy(rows) - mean) * inverse
        labels = data.labels.matrix[data.train]
        k = max(min(self.k, len(rows) - 1), 1)
        carried = torch.from_numpy(labels)
        counts = torch.cat([_carriers(x[i : i + _BLOCK], x, carried, k, first=i) for i in range(0, len(x), _BLOCK)])
        table = torch.from_numpy(log_odds_by_count(counts.numpy(), labels, k))
        return MlKnnHead(x, carried, mean, inverse, table)


def log_odds_by_count(
    counts: Int[np.ndarray, "T C"], labels: Bool[np.ndarray, "T C"], k: int
) -> Float[np.ndarray, "C K"]:
    """Return the log odds of each class for 0 to k neighbours that carry it, (C, k + 1)."""
    rows, s = len(labels), _SMOOTHING
    table = np.empty((labels.shape[1], k + 1))
    for c in range(labels.shape[1]):
        carriers = labels[:, c].sum()
        with_it = np.bincount(counts[labels[:, c], c], minlength=k + 1)
        without = np.bincount(counts[~labels[:, c], c], minlength=k + 1)
        likelihood = np.log(s + with_it) - np.log(s * (k + 1) + carriers)
        other = np.log(s + without) - np.log(s * (k + 1) + rows - carriers)
        table[c] = likelihood - other + np.log(s + carriers) - np.log(s + rows - carriers)
    return table


def _carriers(
    block: torch.Tensor, rows: torch.Tensor, labels: torch.Tensor, k: int, *, first: int | None = None
) -> torch.Tensor:
    """Return (B, C) int64, how many of the k rows nearest to each of the block carry each class.

    Args:
        block: (B, D).
        rows: (T, D).
        labels: (T, C).
        k: neighbours.
        first: where the block starts among the rows, if it is part of them: a row is then not its own neighbour.
    """
    distance = (rows**2).sum(dim=1) - 2 * block @ rows.T  # (B, T), minus terms that are equal within a row of the block
    if first is not None:
        own = torch.arange(len(block))
        distance[own, first + own] = torch.inf
    nearest = distance.topk(min(k, len(rows)), dim=1, largest=False).indices
    return labels[nearest].sum(dim=1)


@HEADS.register("ml_knn")
@short_repr
@dataclass(frozen=True, eq=False)
class MlKnnHead:
    """Training rows with their labels, and the log odds by count of neighbours."""

    kind: ClassVar[str] = "ml_knn"

    rows: Float[torch.Tensor, "T D"]
    labels: Bool[torch.Tensor, "T C"]
    mean: Float[torch.Tensor, " D"]
    inverse: Float[torch.Tensor, " D"]
    table: Float[torch.Tensor, "C K"]  # float64, log odds for 0 to K - 1 neighbours
    link: Link = "sigmoid"

    def logits(self, vectors: Vectors) -> Logits:
        """Return (N, C) float32 log odds."""
        return in_blocks(self._block, vectors, classes=len(self.table), rows=_BLOCK)

    def _block(self, rows: torch.Tensor) -> torch.Tensor:
        counts = _carriers((rows - self.mean) * self.inverse, self.rows, self.labels, self.table.shape[1] - 1)
        return self.table.T.gather(0, counts).float()

    def affine(self, scale: Float[np.ndarray, " C"], shift: Float[np.ndarray, " C"]) -> AffineHead:
        """Return the head whose logits are `scale * logits + shift`."""
        return AffineHead.of(self, scale, shift)

    def tensors(self) -> dict[str, torch.Tensor]:
        """Return rows, labels, mean, inverse and table."""
        return {name: getattr(self, name) for name in ("rows", "labels", "mean", "inverse", "table")}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, torch.Tensor], link: Link) -> "MlKnnHead":
        """Build the head again; raises ValueError if shapes do not fit."""
        head = cls(**tensors, link=link)
        if len(head.rows) != len(head.labels) or len(head.table) != head.labels.shape[1]:
            raise ValueError("tensors of an ML-kNN head whose shapes do not fit")
        return head
