"""Two small long-tailed sets in the plane, on which the gallery shows what a method does."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.labels import Kind, Labels

CLASSES = ("frequent", "medium", "rare")
COUNTS = (150, 40, 8)  # images of each class in the training part
CENTRES = ((-1.0, 0.0), (1.3, 0.6), (0.6, -0.9))
SPREAD = 0.75  # standard deviation around a centre, so that the classes overlap
_BOTH = 0.3  # share of the multi-label images that carry the next class, too


@dataclass(frozen=True, eq=False)
class Toy:
    """N images as points of the plane, the first half for training and the second for validation."""

    embeddings: Embeddings
    labels: Labels
    train: Int[np.ndarray, " T"]
    validation: Int[np.ndarray, " V"]

    @property
    def points(self) -> Float[np.ndarray, "N 2"]:
        """Where the images lie."""
        return self.embeddings.vectors


def single_label() -> Toy:
    """Return images of one class each."""
    points, classes = _parts()
    return _toy(points, [[CLASSES[c]] for c in classes], "single-label")


def multi_label() -> Toy:
    """Return images of which some carry two classes, and lie between the centres of both."""
    points, classes = _parts()
    rng = np.random.default_rng(1)
    both = rng.random(len(classes)) < _BOTH
    other = (classes + 1) % len(CLASSES)
    centres = np.array(CENTRES)
    moved = points + 0.5 * (centres[other] - centres[classes]) * both[:, None]
    tags = [[CLASSES[c], CLASSES[o]] if b else [CLASSES[c]] for c, o, b in zip(classes, other, both, strict=True)]
    return _toy(moved.astype(np.float32), tags, "multi-label")


def text_of_classes() -> Float[np.ndarray, "C 2"]:
    """Return where the names of the classes lie, as a text tower would put them: near the centres, and not there."""
    return (np.array(CENTRES) + np.random.default_rng(2).normal(0, 0.3, (len(CLASSES), 2))).astype(np.float32)


def _parts() -> tuple[Float[np.ndarray, "N 2"], Int[np.ndarray, " N"]]:
    """Draw two parts of the same counts."""
    rng = np.random.default_rng(0)
    classes = np.tile(np.repeat(np.arange(len(CLASSES)), COUNTS), 2)
    points = np.array(CENTRES)[classes] + SPREAD * rng.standard_normal((len(classes), 2))
    return points.astype(np.float32), classes


def _toy(points: Float[np.ndarray, "N 2"], tags: list[list[str]], kind: Kind) -> Toy:
    labels = Labels.from_tags(tags, classes=CLASSES, kind=kind)
    rows, half = np.arange(len(points)), len(points) // 2
    names = tuple(f"{row}" for row in rows)
    return Toy(Embeddings(points, names, "plane", f"toy-{labels.kind}"), labels, rows[:half], rows[half:])
