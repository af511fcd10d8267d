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
    """Which of N images carry which of C classes, and which labels are unknown.

    An unknown label is left out of counts, losses, metrics and splits.

    Raises:
        InputError: a class without a name or two with the same, a matrix or mask that does not fit the classes, or a
            single-label image with unknown labels or without exactly one class.

    >>> labels = Labels.from_tags([["forest", "road"], ["forest"]])
    >>> labels.classes, labels.counts.tolist()
    (('forest', 'road'), [2, 1])
    """

    matrix: Bool[np.ndarray, "N C"]  # False where the label is unknown
    classes: tuple[str, ...]  # the C names
    kind: Kind
    known: Bool[np.ndarray, "N C"] | None = None  # which labels are known; None: all

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
        """Set unknown labels to False in the matrix, so that nothing can depend on them."""
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
            classes: the classes in the order wanted; by default every tag, sorted by name.
            kind: "single-label" if each image has exactly one tag.
            unknown: N collections of classes; whether the image carries them is unknown.

        Raises:
            InputError: a tag is not among `classes`, or as `Labels`.

        >>> Labels.from_tags([["a"], ["b"]], unknown=[[], ["a"]]).known.tolist()
        [[True, True], [False, True]]
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
        """(C,) int64, images whose label of each class is unknown."""
        none = np.zeros(len(self.classes), dtype=np.int64)
        return none if self.known is None else (~self.known).sum(axis=0, dtype=np.int64)

    @property
    def known_counts(self) -> Int[np.ndarray, " C"]:
        """(C,) int64, images whose label of each class is known."""
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
        """Return the labels of only the classes at `places`, in that order.

        Raises:
            InputError: a single-label image carries none of them.
        """
        names = tuple(self.classes[c] for c in places)
        return Labels(self.matrix[:, places], names, self.kind, None if self.known is None else self.known[:, places])

    def one_vs_rest(self, places: Int[np.ndarray, " M"]) -> "Labels":
        """Return the labels of the classes at `places` as multi-label; an image may carry none of them."""
        return replace(self, kind="multi-label").columns(places)

    def known_of(self, indices: Int[np.ndarray, " M"]) -> Bool[np.ndarray, "M C"] | None:
        """Return (M, C), which labels of the images at `indices` are known; None if all labels of all images are."""
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
