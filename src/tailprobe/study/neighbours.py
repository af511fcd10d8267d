"""The nearest neighbours of an image of each rare class: images that a head can hardly distinguish from it."""

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float

from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.pixels.thumbnail import thumbnail
from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.errors import InputError
from tailprobe.study.mistakes import file_of

COLUMNS = ("class_name", "name", "neighbour", "rank", "cosine", "tags", "file", "picture")


def nearest_neighbours(
    embeddings: Embeddings,
    images: LabeledImages,
    low_frequency: Bool[np.ndarray, " C"],
    *,
    each: int = 5,
    classes: int = 12,
    pictures: bool = True,
) -> pd.DataFrame:
    """Return the nearest neighbours of one image of each low-frequency class, by the cosine of the embeddings.

    The image is the most central of its class: the one whose embedding has the largest cosine to the class mean.

    Args:
        embeddings: of the N images.
        images: the N images.
        low_frequency: (C,) which classes are low-frequency.
        each: number of neighbours of an image.
        classes: number of classes, the rarest first.
        pictures: whether to include pictures.

    Returns:
        The columns `COLUMNS`; rank 0 is the image itself. picture is empty if none is wanted or it cannot be read.
    """
    rare = [c for c in np.argsort(images.labels.counts, kind="stable") if low_frequency[c] and images.labels.counts[c]]
    rows = []
    for c in rare[:classes]:
        carriers = np.flatnonzero(images.labels.matrix[:, c])
        centre = np.asarray(embeddings.vectors[carriers], dtype=np.float64).mean(axis=0)
        query = int(carriers[_cosines(embeddings.vectors[carriers], centre).argmax()])
        cosines = _cosines(embeddings.vectors, np.asarray(embeddings.vectors[query], dtype=np.float64))
        for rank, i in enumerate(_nearest(cosines, query, each)):
            shown = (images.names[i], rank, float(cosines[i]), list(images.labels.tags(i)))
            picture = _picture(images, i) if pictures else b""
            row = (images.labels.classes[c], images.names[query], *shown, file_of(images, i), picture)
            rows.append(row)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _nearest(cosines: Float[np.ndarray, " N"], query: int, each: int) -> list[int]:
    falling = np.argsort(-cosines, kind="stable")
    return [query, *(int(i) for i in falling[falling != query][:each])]


def _cosines(vectors: Float[np.ndarray, "M D"], of: Float[np.ndarray, " D"]) -> Float[np.ndarray, " M"]:
    """Return (M,) cosines, 0 for a vector of zeros; in blocks, since vectors may be memory-mapped."""
    found = np.zeros(len(vectors))
    length = float(np.linalg.norm(of))
    for start in range(0, len(vectors), 8192):
        block = np.asarray(vectors[start : start + 8192], dtype=np.float64)
        lengths = np.linalg.norm(block, axis=1) * length
        found[start : start + 8192] = np.divide(block @ of, lengths, out=np.zeros(len(block)), where=lengths > 0)
    return found


def _picture(images: LabeledImages, row: int) -> bytes:
    try:
        return thumbnail(images, row, side=160, format="JPEG")
    except InputError:
        return b""
