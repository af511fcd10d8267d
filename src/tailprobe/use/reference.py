"""Whether new images look like the training ones: the distance to the nearest of a sample of these."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float32

from tailprobe.randomness import generator

SAMPLE = 2000  # training images kept with a model
EXPECTED = 0.01  # share of images like the training ones that are farther than the limit
_BLOCK = 1024


@dataclass(frozen=True, eq=False)
class Reference:
    """A sample of training embeddings about their mean; distances are Euclidean, over the root of their number."""

    rows: Float32[np.ndarray, "S D"]
    mean: Float32[np.ndarray, " D"]
    inverse: Float32[np.ndarray, " D"]  # what embeddings less the mean are multiplied by
    limit: float  # the distance that 1% of the training images exceed

    @classmethod
    def of(cls, vectors: Float[np.ndarray, "N D"], *, standardise: bool) -> "Reference":
        """Sample training embeddings; the limit is taken of each one's nearest other."""
        mean = np.asarray(vectors.mean(axis=0, dtype=np.float64), dtype=np.float32)
        deviation = np.asarray(vectors.std(axis=0, dtype=np.float64), dtype=np.float32)
        inverse = np.where(deviation > 1e-6, 1 / np.maximum(deviation, 1e-6), 0).astype(np.float32)
        inverse = inverse if standardise else np.ones_like(inverse)
        order = generator(0, "reference").permutation(len(vectors))
        chosen, others = np.sort(order[:SAMPLE]), np.sort(order[SAMPLE : 2 * SAMPLE])
        rows = (np.asarray(vectors[chosen], np.float32) - mean) * inverse
        found = cls(rows, mean, inverse, 0.0)
        # Of images that are no part of the sample, where there are enough of them; else of the sample to its others.
        enough = len(others) >= SAMPLE // 4
        known = found.distances(vectors[others]) if enough else _to_nearest(rows, rows, leave_out_self=True)
        return cls(rows, mean, inverse, float(np.quantile(known, 1 - EXPECTED)))

    def distances(self, vectors: Float[np.ndarray, "N D"]) -> Float32[np.ndarray, " N"]:
        """Return (N,) distances to the nearest of the sample; where embeddings are standardised, in deviations."""
        return _to_nearest((np.asarray(vectors, np.float32) - self.mean) * self.inverse, self.rows)

    def unlike(self, vectors: Float[np.ndarray, "N D"]) -> Bool[np.ndarray, " N"]:
        """Return (N,) whether an image is farther from the sample than 1% of the training images are."""
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
