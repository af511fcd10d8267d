"""Real embeddings as the population from which collections are drawn, so that the truth can be known.

A collection is drawn without replacement; the truth of a method is the mean of its difference over many collections.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, Int

from tailprobe.labels import Labels

# Of EuroSAT's classes the three that are the rarest in a collection come last: the hardest in MobileNet's embeddings.
EUROSAT = (
    "SeaLake", "Forest", "Residential", "Industrial", "AnnualCrop", "Pasture", "HerbaceousVegetation", "River",
    "PermanentCrop", "Highway",
)  # fmt: skip
IMBALANCE = 20.0  # images of the most frequent class over those of the rarest
LOW_FREQUENCY = 3  # how many of the rarest classes are low-frequency
DIMENSIONS = 64  # principal components that are kept


@dataclass(frozen=True, eq=False)
class Collection:
    """N images drawn from the population; three in a row are of one scene where `groups` says so."""

    vectors: Float[np.ndarray, "N D"]
    classes: Int[np.ndarray, " N"]  # of each image
    groups: Int[np.ndarray, " N"] | None = None
    second: Int[np.ndarray, " N"] | None = None  # of multi-label images the other class, or the same one again

    @property
    def labels(self) -> Labels:
        """The labels."""
        one_hot = np.eye(len(EUROSAT), dtype=bool)
        if self.second is None:
            return Labels(one_hot[self.classes], EUROSAT, "single-label")
        return Labels(one_hot[self.classes] | one_hot[self.second], EUROSAT, "multi-label")


@dataclass(frozen=True, eq=False)
class Population:
    """All embeddings with the class of each."""

    vectors: Float[np.ndarray, "N D"]
    classes: Int[np.ndarray, " N"]

    @classmethod
    def load(cls, path: Path) -> "Population":
        """Read EuroSAT's embeddings and keep their principal components, scaled to a mean variance of 1.

        Args:
            path: an .npz as `tailprobe embed EuroSAT.zip --export` writes it, or of `embeddings` (times `scale`) and
                `labels`, class names.
        """
        arrays = np.load(path, allow_pickle=False)
        labels = arrays["classes"][arrays["labels"]] if "classes" in arrays else arrays["labels"]
        if set(map(str, labels)) != set(EUROSAT):
            raise SystemExit(f"{path}: its labels are not EuroSAT's ten classes, which the studies are drawn from")
        vectors = arrays["embeddings"].astype(np.float32) * np.float32(arrays.get("scale", 1))
        centred = vectors - vectors.mean(axis=0)
        _, axes = np.linalg.eigh((centred.T @ centred).astype(np.float64))
        kept = (centred @ axes[:, ::-1][:, :DIMENSIONS]).astype(np.float32)
        places = {name: place for place, name in enumerate(EUROSAT)}
        return cls(kept / kept.std(), np.array([places[str(name)] for name in labels]))

    @property
    def low_frequency(self) -> Bool[np.ndarray, " C"]:
        """Which classes are low-frequency in every collection."""
        return np.arange(len(EUROSAT)) >= len(EUROSAT) - LOW_FREQUENCY

    def counts(self, images: int, rng: np.random.Generator | None) -> Int[np.ndarray, " C"]:
        """Return a collection's images of each class: multinomial, or without a generator their rounded expectation."""
        share = IMBALANCE ** (-np.arange(len(EUROSAT)) / (len(EUROSAT) - 1))
        share /= share.sum()
        return rng.multinomial(images, share) if rng is not None else np.round(images * share).astype(int)

    def draw(self, counts: Int[np.ndarray, " C"], rng: np.random.Generator) -> Collection:
        """Draw a collection of so many images of each class, in random order."""
        rows = [rng.choice(np.flatnonzero(self.classes == c), n, replace=False) for c, n in enumerate(counts)]
        order = rng.permutation(np.concatenate(rows))
        return Collection(self.vectors[order], self.classes[order])

    def draw_pairs(self, counts: Int[np.ndarray, " C"], rng: np.random.Generator) -> Collection:
        """Draw multi-label images, of two tiles each: the sum of two embeddings over sqrt(2), with the classes of both.

        Args:
            counts: tiles of each class; of an odd number one is left over.
        """
        tiles = self.draw(counts, rng)
        half = len(tiles.classes) // 2
        first, second = np.arange(half), np.arange(half, 2 * half)
        vectors = (tiles.vectors[first] + tiles.vectors[second]) / np.float32(np.sqrt(2))
        return Collection(vectors, tiles.classes[first], second=tiles.classes[second])

    def draw_scenes(
        self, counts: Int[np.ndarray, " C"], rng: np.random.Generator, *, tiles: int = 3, jitter: float = 0.3
    ) -> Collection:
        """Draw scenes of sibling tiles: an image and copies of it, moved by `jitter` standard deviations."""
        scenes = self.draw(counts, rng)
        vectors = np.repeat(scenes.vectors, tiles, axis=0)
        moved = rng.standard_normal(vectors.shape).astype(np.float32) * self.vectors.std(axis=0)
        return Collection(
            vectors + jitter * moved,
            np.repeat(scenes.classes, tiles),
            np.repeat(np.arange(len(scenes.classes)), tiles),
        )
