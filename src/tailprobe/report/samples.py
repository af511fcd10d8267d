"""A few images of a collection, small, kept with the run so that its report needs the collection no more."""

import io
from collections.abc import Sequence

import numpy as np
import pandas as pd
from jaxtyping import Bool, UInt8
from PIL import Image

from tailprobe.datasets.decode import decode
from tailprobe.datasets.images import LabeledImages

Tile = UInt8[np.ndarray, "h w 3"]


def sample_table(
    images: LabeledImages, low_frequency: Bool[np.ndarray, " C"], *, most: int = 12, side: int = 256
) -> pd.DataFrame:
    """Choose up to `most` images, one for each class from the rarest up, low-frequency classes first, and shrink them.

    Returns:
        A row an image: name, tags (list of class names), png (bytes, longer side at most `side` pixels).
    """
    order = np.lexsort((images.labels.counts, ~low_frequency))
    chosen: list[int] = []
    for c in order:
        carriers = np.flatnonzero(images.labels.matrix[:, c])
        fresh = carriers[~np.isin(carriers, chosen)]
        if fresh.size and len(chosen) < most:
            chosen.append(int(fresh[len(fresh) // 2]))
    rows = [
        {"name": images.names[i], "tags": list(images.labels.tags(i)), "png": _thumbnail(images, i, side)}
        for i in chosen
    ]
    return pd.DataFrame(rows, columns=["name", "tags", "png"])


def read_samples(table: pd.DataFrame) -> tuple[list[Tile], list[Sequence[str]]]:
    """Return pictures and tags of a table that `sample_table` made."""
    tiles = [np.asarray(Image.open(io.BytesIO(png)).convert("RGB")) for png in table["png"]]
    return tiles, [tuple(tags) for tags in table["tags"]]


def _thumbnail(images: LabeledImages, row: int, side: int) -> bytes:
    location = images.locations[row]
    picture = Image.fromarray(decode(location.read(), bands=images.bands, where=str(location)))
    picture.thumbnail((side, side))
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG")
    return buffer.getvalue()
