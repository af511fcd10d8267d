"""A sample of embeddings with an effect of known size, or none, for an investigation to find.

Images carry `mine` (15%), `road` (30%) and `field` (30%), each drawn on its own. An embedding is standard normal, moved
along an axis of its own for each label: little for `mine`, far for `road`. Look-alikes bring a fourth class with them,
`clearing`: images of nothing else, all alike, of which some do not carry the label. A head that has learnt how many do
predicts it above 0.5 where more training images carry it than do not: there recall at 0.5 jumps from 0 to 1.
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
CLEARING = "clearing"  # the class that has look-alikes
_FAR, _ALIKE = 6.0, 0.1  # of its images: how far from the others, and how much they differ
_MORE = 8**0.5  # images of it per look-alike: half of them outnumber the look-alikes, a quarter does not


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
    look_alikes: int = 0  # images that look like `clearing` and do not carry it: its recall has a threshold

    def __post_init__(self) -> None:
        if self.copies < 1 or not 0 <= self.cue <= 1 or self.look_alikes < 0:
            raise InputError(f"{self}: expected one copy or more, a cue from 0 to 1, and look-alikes from 0")


def planted_embeddings(
    images: int, plant: Plant, *, rng: np.random.Generator
) -> tuple[Float32[np.ndarray, "N D"], Labels]:
    """Return (N, D) float32 embeddings and their labels.

    Args:
        images: number of images before they are copied, those of `clearing` and its look-alikes not included.
        plant: the effects.
        rng: the source of randomness.
    """
    matrix = rng.random((images, len(CLASSES))) < _SHARES
    matrix[:, 1] = np.where(rng.random(images) < plant.cue, matrix[:, 0], matrix[:, 1])
    vectors, classes = embeddings_of(matrix, rng), list(CLASSES)
    if plant.look_alikes:
        matrix, vectors = _with_clearings(matrix, vectors, plant.look_alikes, rng)
        classes.append(CLEARING)
    rows = np.repeat(np.arange(len(vectors)), plant.copies)
    copies = vectors[rows] + _JITTER * rng.standard_normal((len(rows), _WIDTH))
    return copies.astype(np.float32), Labels(matrix[rows], tuple(classes), "multi-label")


def embeddings_of(matrix: Bool[np.ndarray, "N 3"], rng: np.random.Generator) -> Float32[np.ndarray, "N D"]:
    """Return (N, D) float32 embeddings of images whose labels are known: another draw is another encoder's view."""
    vectors = rng.standard_normal((len(matrix), _WIDTH))
    vectors[:, : len(CLASSES)] += matrix * _MOVED
    return vectors.astype(np.float32)


def _with_clearings(
    matrix: Bool[np.ndarray, "N 3"], vectors: Float32[np.ndarray, "N D"], look_alikes: int, rng: np.random.Generator
) -> tuple[Bool[np.ndarray, "M 4"], Float32[np.ndarray, "M D"]]:
    """Return labels and embeddings with the images of `clearing` and its look-alikes after the others."""
    carried = np.zeros((look_alikes + round(_MORE * look_alikes), len(CLASSES) + 1), dtype=bool)
    carried[look_alikes:, -1] = True
    added = _ALIKE * rng.standard_normal((len(carried), _WIDTH))
    added[:, len(CLASSES)] += _FAR
    labels = np.concatenate([np.column_stack([matrix, np.zeros(len(matrix), dtype=bool)]), carried])
    return labels, np.concatenate([vectors, added]).astype(np.float32)
