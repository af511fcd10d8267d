"""Embeddings: the numbers of every image under one encoder."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from jaxtyping import Float


@dataclass(frozen=True, eq=False)
class Embeddings:
    """N rows of D numbers, row i for image i of the set that was embedded."""

    vectors: Float[np.ndarray, "N D"]  # float32 or float16, may be memory-mapped
    names: tuple[str, ...]  # (N,) names of the images
    encoder: str  # the encoder's name
    fingerprint: str  # hex digest of the images' contents and the encoder's identity
    standardise: bool = False  # heads should see them standardised by the training part
    skipped: tuple[str, ...] = field(default=())  # images left out as unreadable, each "name: reason"
    store: Path | None = None  # the folder they are kept in, see `tailprobe.embeddings.stored.open_store`

    def __len__(self) -> int:
        return self.vectors.shape[0]

    @property
    def width(self) -> int:
        """D."""
        return int(self.vectors.shape[1])
