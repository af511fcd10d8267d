"""A sample of embeddings with an effect of known size, or none, for an investigation to find.

Images carry `mine` (15%), `road` (30%) and `field` (30%), each drawn on its own. An embedding is standard normal, moved
along an axis of its own for each label: little for `mine`, far for `road`.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32

from tailprobe.errors import InputError
from tailprobe.labels import Labels

CLASSES = ("mine", "road", "field")
_SHARES = np.array([0.15, 0.3, 0.3])
_MOVED = np.array([1.5, 6.0, 2.0])
_WIDTH = 8
_JITTER = 0.001  # of copies


@dataclass(frozen=True)
class Plant:
    """The effects that are planted; by default none.

    Raises:
        InputError: a value out of range.
    """

    copies: int = 1  # copies of every image: a share of 1 - 1 / copies is redundant
    cue: float = (
        0.0  # share of the images on which `road` is where `mine` is: a spurious cue, easier to see than `mine`
    )

    def __post_init__(self) -> None:
        if self.copies < 1 or not 0 <= self.cue <= 1:
            raise InputError(f"{self}: expected one copy or more, and a cue from 0 to 1")


def planted_embeddings(
    images: int, plant: Plant, *, rng: np.random.Generator
) -> tuple[Float32[np.ndarray, "N D"], Labels]:
    """Return (N, D) float32 embeddings and their labels, N = images * plant.copies.

    Args:
        images: number of images before they are copied.
        plant: the effects.
        rng: the source of randomness.
    """
    matrix = rng.random((images, len(CLASSES))) < _SHARES
    matrix[:, 1] = np.where(rng.random(images) < plant.cue, matrix[:, 0], matrix[:, 1])
    vectors = embeddings_of(matrix, rng)
    rows = np.repeat(np.arange(images), plant.copies)
    copies = vectors[rows] + _JITTER * rng.standard_normal((len(rows), _WIDTH))
    return copies.astype(np.float32), Labels(matrix[rows], CLASSES, "multi-label")


def embeddings_of(matrix: Bool[np.ndarray, "N 3"], rng: np.random.Generator) -> Float32[np.ndarray, "N D"]:
    """Return (N, D) float32 embeddings of images whose labels are known: another draw is another encoder's view."""
    vectors = rng.standard_normal((len(matrix), _WIDTH))
    vectors[:, : len(CLASSES)] += matrix * _MOVED
    return vectors.astype(np.float32)
