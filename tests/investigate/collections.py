"""Small collections of Gaussian embeddings, for investigations."""

import numpy as np

from tailprobe.embeddings.precomputed.in_memory import from_arrays
from tailprobe.investigate.trials import Material, Training
from tailprobe.labels import Labels
from tailprobe.learners.recipe import Recipe

QUICK = Training(Recipe(epochs=8, width=0, learning_rate=0.05, select="last"), workers=1)


def gaussian_material(
    counts: dict[str, int], *, distance: float = 2.0, seeds: int = 5, width: int = 6, seed: int = 0
) -> Material:
    """Return single-label classes, each a Gaussian around a centre of its own."""
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((len(counts), width))
    centres *= distance / np.linalg.norm(centres, axis=1, keepdims=True)
    of_row = np.repeat(np.arange(len(counts)), list(counts.values()))
    vectors = (centres[of_row] + rng.standard_normal((len(of_row), width))).astype(np.float32)
    names = list(counts)
    labels = Labels.from_tags([[names[c]] for c in of_row], classes=names, kind="single-label")
    return Material.of(*from_arrays(vectors, labels), seeds=seeds)
