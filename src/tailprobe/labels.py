"""Labels: which image carries which class."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from jaxtyping import Bool, Int

from tailprobe.errors import InputError

Kind = Literal["multi-label", "single-label"]


@dataclass(frozen=True, eq=False)
class Labels:
    """Which of N images carries which of C classes, and of which that is not known.

    An unknown label takes part in nothing: not in counts, losses, metrics or splits.

    Raises:
        InputError: a class has no name or two have the same, matrix or mask do not fit the classes, or a single-label
            image has not exactly one class, or unknown ones.

    >>> labels = Labels.from_tags([["forest", "road"], ["forest"]])
    >>> labels.classes, labels.counts.tolist()
    (('forest', 'road'), [2, 1])
    """

    matrix: Bool[np.ndarray, "N C"]  # False where the label is not known
    classes: tuple[str, ...]
    kind: Kind
    known: Bool[np.ndarray, "N C"] | None = None  # of which image and class the label is known; None: of all

    def __post_init__(self) -> None:
        self._mask()
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

    def _mask(self) -> None:
        """Hide what the matrix says of unknown labels, so that nothing can depend on it."""
        if self.known is None:
            return
        if self.known.shape != self.matrix.shape:
            raise InputError(f"labels of shape {self.matrix.shape} and a mask of shape {self.known.shape} do not fit")
        if self.known.all():
            object.__setattr__(self, "known", None)
            return
        if self.kind == "single-label":
            raise InputError("single-label images cannot have unknown labels of classes; leave such images out")
        object.__setattr__(self, "matrix", self.matrix & self.known)

    @classmethod
    def from_tags(
        cls,
        tags: Sequence[Iterable[str]],
        *,
        classes: Sequence[str] | None = None,
        kind: Kind = "multi-label",
        unknown: Sequence[Iterable[str]] | None = None,
    ) -> "Labels":
        """Build labels from the tags of each image; a tag named twice counts once.

        Args:
            tags: N collections of tags.
            classes: the classes in the order wanted; by default every tag met, sorted by name.
            kind: "single-label" when each image has exactly one tag.
            unknown: N collections of classes of which it is not known whether the image carries them.

        Raises:
            InputError: a tag is not among `classes`.
        """
        names = sorted({tag for image in tags for tag in image}) if classes is None else list(classes)
        matrix = _marked(tags, names)
        return cls(matrix, tuple(names), kind, None if unknown is None else ~_marked(unknown, names))

    def __repr__(self) -> str:
        """Return what they are, without the matrix."""
        return f"Labels({len(self):,} images, {len(self.classes):,} classes, {self.kind})"

    def __len__(self) -> int:
        return self.matrix.shape[0]

    @property
    def counts(self) -> Int[np.ndarray, " C"]:
        """(C,) int64, images that carry each class."""
        return self.matrix.sum(axis=0, dtype=np.int64)

    @property
    def unknown_counts(self) -> Int[np.ndarray, " C"]:
        """(C,) int64, images of which it is not known whether they carry each class."""
        none = np.zeros(len(self.classes), dtype=np.int64)
        return none if self.known is None else (~self.known).sum(axis=0, dtype=np.int64)

    @property
    def known_counts(self) -> Int[np.ndarray, " C"]:
        """(C,) int64, images of which it is known whether they carry each class."""
        return len(self) - self.unknown_counts

    def cooccurrence(self) -> Int[np.ndarray, "C C"]:
        """(C, C) int64, images that carry both classes; the diagonal holds the counts."""
        as_numbers = self.matrix.astype(np.float32)  # a BLAS product; exact below 2**24 images
        if len(self) >= 2**24:
            as_numbers = self.matrix.astype(np.float64)
        return (as_numbers.T @ as_numbers).astype(np.int64)

    def rows(self, indices: Int[np.ndarray, " M"]) -> "Labels":
        """Return the labels of the images at `indices`, in that order, repeats kept."""
        return Labels(self.matrix[indices], self.classes, self.kind, self.known_of(indices))

    def columns(self, places: Int[np.ndarray, " M"]) -> "Labels":
        """Return the labels of the classes at `places` alone, in that order.

        Raises:
            InputError: a single-label image carries none of them.
        """
        names = tuple(self.classes[c] for c in places)
        return Labels(self.matrix[:, places], names, self.kind, None if self.known is None else self.known[:, places])

    def one_vs_rest(self, places: Int[np.ndarray, " M"]) -> "Labels":
        """Return the labels of some classes as multi-label, since a single-label image may carry none of them."""
        return replace(self, kind="multi-label").columns(places)

    def known_of(self, indices: Int[np.ndarray, " M"]) -> Bool[np.ndarray, "M C"] | None:
        """Return which labels of the images at `indices` are known; None where all labels of all images are."""
        return None if self.known is None else self.known[indices]

    def digest(self) -> str:
        """Return a hex digest of classes, kind, matrix and which labels are known."""
        digest = hashlib.sha256(json.dumps([self.classes, self.kind, len(self)]).encode())
        digest.update(np.packbits(self.matrix).tobytes())
        if self.known is not None:
            digest.update(b"known" + np.packbits(self.known).tobytes())
        return digest.hexdigest()

    def tags(self, row: int) -> tuple[str, ...]:
        """Return the names of the classes that image `row` carries."""
        return tuple(self.classes[c] for c in np.flatnonzero(self.matrix[row]))


def _marked(tags: Sequence[Iterable[str]], names: Sequence[str]) -> Bool[np.ndarray, "N C"]:
    column = {name: c for c, name in enumerate(names)}
    matrix = np.zeros((len(tags), len(names)), dtype=bool)
    for row, image in enumerate(tags):
        for tag in image:
            if tag not in column:
                raise InputError(f"image {row}: tag {tag!r} is not among the {len(names)} classes")
            matrix[row, column[tag]] = True
    return matrix
