"""A few images of a collection, small, kept with the run so that its report needs the collection no more."""

import io
from collections.abc import Sequence

import numpy as np
import pandas as pd
from jaxtyping import Bool, Int, UInt8
from PIL import Image

from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.pixels.decode import decode

Tile = UInt8[np.ndarray, "h w 3"]


def sample_table(
    images: LabeledImages, low_frequency: Bool[np.ndarray, " C"], *, rng: np.random.Generator, number: int = 12
) -> pd.DataFrame:
    """Choose up to `number` images, low-frequency classes first, and shrink them.

    Returns:
        A row an image: name, tags (list of class names), png (bytes, longer side at most 256 pixels).
    """
    rows = sample_rows(images.labels.matrix, low_frequency, number=number, generator=rng).tolist()
    table = [{"name": images.names[i], "tags": list(images.labels.tags(i)), "png": _thumbnail(images, i)} for i in rows]
    return pd.DataFrame(table, columns=["name", "tags", "png"])


def read_samples(table: pd.DataFrame) -> tuple[list[Tile], list[Sequence[str]]]:
    """Return pictures and tags of a table that `sample_table` made."""
    tiles = [np.asarray(Image.open(io.BytesIO(png)).convert("RGB")) for png in table["png"]]
    return tiles, [tuple(tags) for tags in table["tags"]]


def sample_rows(
    matrix: Bool[np.ndarray, "N C"],
    low_frequency: Bool[np.ndarray, " C"],
    *,
    number: int,
    generator: np.random.Generator,
) -> Int[np.ndarray, " M"]:
    """Return rows worth showing: one of each low-frequency class first, rarest first, then one of each other class.

    A class that no image carries is passed over, and so is one that a row already taken shows, as long as classes
    without any picture are left.

    Args:
        matrix: (N, C), which image carries which class.
        number: how many rows at most; all distinct.
    """
    counts = matrix.sum(axis=0)
    order = sorted(np.flatnonzero(counts), key=lambda c: (not low_frequency[c], counts[c]))
    taken: list[int] = []
    for c in order:
        if len(taken) >= number:
            break
        if not matrix[taken, c].any():
            taken.append(int(generator.choice(np.flatnonzero(matrix[:, c]))))
    left = np.setdiff1d(np.arange(len(matrix)), taken)
    more = generator.choice(left, size=min(len(left), max(0, number - len(taken))), replace=False)
    return np.array([*taken, *more.tolist()][:number], dtype=np.int64)


def _thumbnail(images: LabeledImages, row: int, side: int = 256) -> bytes:
    location = images.image_sources[row]
    picture = Image.fromarray(decode(location.read(), bands=images.band_selection, where=str(location)))
    picture.thumbnail((side, side))
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG")
    return buffer.getvalue()
