"""`Embeddings`: the feature vectors of a set of images under one encoder."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from jaxtyping import Float

from tailprobe.datasets.storage.image_files import preview
from tailprobe.errors import InputError
from tailprobe.learners.class_text import ClassText


@dataclass(frozen=True, eq=False)
class Embeddings:
    """N feature vectors of width D, row i for image i of the set that was embedded."""

    vectors: Float[np.ndarray, "N D"]  # float32 or float16, may be memory-mapped
    names: Sequence[str]  # (N,) names of the images
    encoder: str  # the encoder's name
    fingerprint: str  # hex digest of the images' contents and the encoder's identity
    standardise: bool = False  # whether heads should be trained on them standardised by the training part
    skipped: tuple[str, ...] = field(default=())  # images left out as unreadable, each "name: reason"
    store: Path | None = None  # the folder of their store, see `tailprobe.embeddings.store`
    identity: Mapping[str, str] = field(default_factory=dict)  # what made them: model, hash of weights, bands, ...
    image_size: tuple[int, int] | None = None  # height and width of most images, in pixels; None if not known
    class_text: ClassText | None = None  # the class names, embedded by the encoder's text tower
    part_widths: tuple[int, ...] = ()  # of a fused encoder, the width of each part

    def __repr__(self) -> str:
        """Return number of images, width and encoder."""
        return f"Embeddings({len(self):,} images x {self.width:,} numbers, {self.encoder!r})"

    def __len__(self) -> int:
        return self.vectors.shape[0]

    @property
    def width(self) -> int:
        """D, the length of an embedding."""
        return int(self.vectors.shape[1])


def align(embeddings: Embeddings, names: Sequence[str]) -> Embeddings:
    """Return the embeddings of the images `names`, in that order; the same object if nothing changes.

    Raises:
        InputError: an image has no embedding.
    """
    if embeddings.names == names:
        return embeddings
    position = {name: row for row, name in enumerate(embeddings.names)}
    missing = [name for name in names if name not in position]
    if missing:
        raise InputError(
            f"{len(missing):,} images have no embedding ({preview(missing)}); embed them or leave them out"
        )
    rows = np.array([position[name] for name in names], dtype=np.int64)
    return replace(embeddings, vectors=embeddings.vectors[rows], names=names)
