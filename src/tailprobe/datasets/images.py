"""`LabeledImages`: the result of every reader."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from jaxtyping import Int

from tailprobe.datasets.pixels.bands import BandSelection, Composite, NoPixels
from tailprobe.datasets.storage.image_source import ImageSource
from tailprobe.datasets.storage.names import Names
from tailprobe.errors import InputError
from tailprobe.labels import Labels


@dataclass(frozen=True, eq=False)
class LabeledImages:
    """N images with their labels, not yet decoded; the result of `tailprobe.read`.

    Raises:
        InputError: the numbers of names, image sources, groups and rows of labels differ, or two images share a name.
    """

    names: Sequence[str]  # (N,) distinct, e.g. "train_0" or "Forest/Forest_12.jpg"; a tuple, or `Names`
    image_sources: Sequence[ImageSource]  # (N,)
    labels: Labels  # (N, C)
    source: str  # the data that were read, for messages and the run folder
    bands: BandSelection | NoPixels = Composite.RGB  # which bands become red, green and blue
    given_parts: tuple[str, ...] | None = None  # (N,) "train" | "validation" | "test", where the data come with a split
    notes: tuple[str, ...] = field(default=())  # what the reader changed or left out, for the user
    groups: tuple[str, ...] | None = None  # (N,) patient, scene, video, ...: images of one group stay in one part

    def __post_init__(self) -> None:
        if self.groups is not None and len(self.groups) != len(self.names):
            raise InputError(f"{self.source}: {len(self.names)} names and {len(self.groups)} groups")
        if not len(self.names) == len(self.image_sources) == len(self.labels):
            raise InputError(
                f"{self.source}: {len(self.names)} names, {len(self.image_sources)} image sources "
                f"and {len(self.labels)} rows of labels"
            )
        names = self.names
        if not (names.are_distinct() if isinstance(names, Names) else len(set(names)) == len(names)):
            raise InputError(f"{self.source}: two images have the same name")

    def __repr__(self) -> str:
        """Return the numbers of images and classes, the kind of labels and the source."""
        about = f"{len(self):,} images, {len(self.labels.classes):,} classes, {self.labels.kind}"
        return f"LabeledImages({about}, {self.source!r})"

    def __len__(self) -> int:
        return len(self.names)

    @property
    def has_pixels(self) -> bool:
        """Whether there are images to decode; False for embeddings without their images."""
        return not isinstance(self.bands, NoPixels)

    @property
    def band_selection(self) -> BandSelection:
        """The bands to decode.

        Raises:
            ValueError: the images have no pixels; check `has_pixels` first.
        """
        if isinstance(self.bands, NoPixels):
            raise ValueError(f"{self.source}: embeddings without images have no bands")
        return self.bands

    def noted(self, *notes: str) -> "LabeledImages":
        """Return the images with `notes` added, without repeating a note."""
        return replace(self, notes=self.notes + tuple(note for note in notes if note not in self.notes))

    def grouped(self, groups: tuple[str, ...]) -> "LabeledImages":
        """Return the images with `groups`, (N,), as the group of each."""
        return replace(self, groups=groups)

    def rows(self, indices: Int[np.ndarray, " M"], *, notes: tuple[str, ...] = ()) -> "LabeledImages":
        """Return the images at `indices`, each at most once, with `notes` added."""
        parts, groups = self.given_parts, self.groups
        return replace(
            self,
            names=tuple(self.names[i] for i in indices),
            image_sources=tuple(self.image_sources[i] for i in indices),
            labels=self.labels.rows(indices),
            given_parts=None if parts is None else tuple(parts[i] for i in indices),
            groups=None if groups is None else tuple(groups[i] for i in indices),
            notes=self.notes + notes,
        )
