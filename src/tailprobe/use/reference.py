"""Detect new images unlike the training images, by the distance to the nearest of a sample of them."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float32

from tailprobe.randomness import generator

SAMPLE = 2000  # training images kept with a model
EXPECTED = 0.01  # share of training-like images beyond the limit
_BLOCK = 1024


@dataclass(frozen=True, eq=False)
class Reference:
    """A centred sample of training embeddings; distances are Euclidean, divided by sqrt(D)."""

    rows: Float32[np.ndarray, "S D"]  # (embedding - mean) * inverse
    mean: Float32[np.ndarray, " D"]
    inverse: Float32[np.ndarray, " D"]  # 1 / standard deviation, or ones if embeddings are not standardised
    limit: float  # distance that 1% of the training images exceed

    @classmethod
    def of(cls, vectors: Float[np.ndarray, "N D"], *, standardise: bool) -> "Reference":
        """Sample training embeddings and compute the limit.

        Args:
            vectors: embeddings of the N training images.
            standardise: whether distances are measured in standard deviations of each dimension.
        """
        mean = np.asarray(vectors.mean(axis=0, dtype=np.float64), dtype=np.float32)
        deviation = np.asarray(vectors.std(axis=0, dtype=np.float64), dtype=np.float32)
        inverse = np.where(deviation > 1e-6, 1 / np.maximum(deviation, 1e-6), 0).astype(np.float32)
        inverse = inverse if standardise else np.ones_like(inverse)
        order = generator(0, "reference").permutation(len(vectors))
        chosen, others = np.sort(order[:SAMPLE]), np.sort(order[SAMPLE : 2 * SAMPLE])
        rows = (np.asarray(vectors[chosen], np.float32) - mean) * inverse
        found = cls(rows, mean, inverse, 0.0)
        # Distances of images outside the sample, if there are enough of them; else within the sample, leaving self out.
        enough = len(others) >= SAMPLE // 4
        known = found.distances(vectors[others]) if enough else _to_nearest(rows, rows, leave_out_self=True)
        return cls(rows, mean, inverse, float(np.quantile(known, 1 - EXPECTED)))

    def distances(self, vectors: Float[np.ndarray, "N D"]) -> Float32[np.ndarray, " N"]:
        """Return (N,) distances to the nearest image of the sample; in standard deviations if standardised."""
        return _to_nearest((np.asarray(vectors, np.float32) - self.mean) * self.inverse, self.rows)

    def unlike(self, vectors: Float[np.ndarray, "N D"]) -> Bool[np.ndarray, " N"]:
        """Return (N,) whether an image is beyond the limit, as 1% of the training images do."""
        far: Bool[np.ndarray, " N"] = self.distances(vectors) > self.limit
        return far


def _to_nearest(
    rows: Float32[np.ndarray, "N D"], sample: Float32[np.ndarray, "S D"], *, leave_out_self: bool = False
) -> Float32[np.ndarray, " N"]:
    squares, width = (sample**2).sum(axis=1), sample.shape[1]
    nearest = np.empty(len(rows), dtype=np.float32)
    for start in range(0, len(rows), _BLOCK):
        block = rows[start : start + _BLOCK]
        distance = (block**2).sum(axis=1)[:, None] + squares - 2 * block @ sample.T
        if leave_out_self:
            distance[np.arange(len(block)), start + np.arange(len(block))] = np.inf
        nearest[start : start + _BLOCK] = np.sqrt(np.maximum(distance.min(axis=1), 0) / width)
    return nearest
