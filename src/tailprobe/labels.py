"""Labels: which image carries which class."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Int

from tailprobe.errors import InputError

Kind = Literal["multi-label", "single-label"]


@dataclass(frozen=True, eq=False)
class Labels:
    """Which of N images carries which of C classes.

    Raises:
        InputError: a class has no name or two have the same, the matrix does not fit the classes, or a single-label
            image has not exactly one class.

    >>> labels = Labels.from_tags([["forest", "road"], ["forest"]])
    >>> labels.classes, labels.counts.tolist()
    (('forest', 'road'), [2, 1])
    """

    matrix: Bool[np.ndarray, "N C"]
    classes: tuple[str, ...]
    kind: Kind

    def __post_init__(self) -> None:
        if self.matrix.ndim != 2 or self.matrix.shape[1] != len(self.classes):
            raise InputError(f"labels of shape {self.matrix.shape} do not fit {len(self.classes)} classes")
        if len(set(self.classes)) != len(self.classes) or not all(self.classes):
            raise InputError(f"class names must be distinct and not empty, got {list(self.classes)}")
        if self.kind == "single-label":
            per_image = self.matrix.sum(axis=1)
            if (per_image != 1).any():
                row = int(np.argmax(per_image != 1))
                raise InputError(
                    f"single-label image {row} carries {int(per_image[row])} classes, expected exactly one"
                )

    @classmethod
    def from_tags(
        cls, tags: Sequence[Iterable[str]], *, classes: Sequence[str] | None = None, kind: Kind = "multi-label"
    ) -> "Labels":
        """Build labels from the tags of each image; a tag named twice counts once.

        Args:
            tags: N collections of tags.
            classes: the classes in the order wanted; by default every tag met, sorted by name.
            kind: "single-label" when each image has exactly one tag.

        Raises:
            InputError: a tag is not among `classes`.
        """
        names = sorted({tag for image in tags for tag in image}) if classes is None else list(classes)
        column = {name: c for c, name in enumerate(names)}
        matrix = np.zeros((len(tags), len(names)), dtype=bool)
        for row, image in enumerate(tags):
            for tag in image:
                if tag not in column:
                    raise InputError(f"image {row}: tag {tag!r} is not among the {len(names)} classes")
                matrix[row, column[tag]] = True
        return cls(matrix, tuple(names), kind)

    def __repr__(self) -> str:
        """Return what they are, without the matrix."""
        return f"Labels({len(self):,} images, {len(self.classes):,} classes, {self.kind})"

    def __len__(self) -> int:
        return self.matrix.shape[0]

    @property
    def counts(self) -> Int[np.ndarray, " C"]:
        """(C,) int64, images that carry each class."""
        return self.matrix.sum(axis=0, dtype=np.int64)

    def cooccurrence(self) -> Int[np.ndarray, "C C"]:
        """(C, C) int64, images that carry both classes; the diagonal holds the counts."""
        as_numbers = self.matrix.astype(np.float32)  # a BLAS product; exact below 2**24 images
        if len(self) >= 2**24:
            as_numbers = self.matrix.astype(np.float64)
        return (as_numbers.T @ as_numbers).astype(np.int64)

    def rows(self, indices: Int[np.ndarray, " M"]) -> "Labels":
        """Return the labels of the images at `indices`, in that order, repeats kept."""
        return Labels(self.matrix[indices], self.classes, self.kind)

    def digest(self) -> str:
        """Return a hex digest of classes, kind and matrix."""
        digest = hashlib.sha256(json.dumps([self.classes, self.kind, len(self)]).encode())
        digest.update(np.packbits(self.matrix).tobytes())
        return digest.hexdigest()

    def tags(self, row: int) -> tuple[str, ...]:
        """Return the names of the classes that image `row` carries."""
        return tuple(self.classes[c] for c in np.flatnonzero(self.matrix[row]))
