"""A two-dimensional map of the images under an encoder: the first two principal components of their embeddings."""

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.labels import Labels
from tailprobe.randomness import generator

COLUMNS = ("encoder", "row", "x", "y")
MOST = 1500  # images on the map; a browser draws as many without delay


def embedding_map(embeddings: Embeddings, labels: Labels, *, most: int = MOST) -> pd.DataFrame:
    """Return the first two principal components of up to `most` images.

    Args:
        embeddings: of the N images of `labels`.
        labels: decide which images are on the map, see `mapped_rows`.
        most: largest number of images.

    Returns:
        A table with the columns `COLUMNS`; row is the index of the image.
    """
    rows = mapped_rows(labels, most)
    vectors = np.asarray(embeddings.vectors[rows], dtype=np.float64)
    if embeddings.standardise:
        deviation = vectors.std(axis=0)
        vectors = vectors / np.where(deviation > 0, deviation, 1)
    x, y = principal_components(vectors).T
    return pd.DataFrame({"encoder": embeddings.encoder, "row": rows, "x": x, "y": y})[list(COLUMNS)]


def mapped_rows(labels: Labels, most: int) -> Int[np.ndarray, " M"]:
    """Return up to `most` rows, ascending: half of the rarest classes, the other half drawn from all other images."""
    rarity = np.where(labels.matrix, labels.counts, len(labels) + 1).min(axis=1)  # size of an image's rarest class
    if len(rarity) <= most:
        return np.arange(len(rarity))
    rare = np.argsort(rarity, kind="stable")[: most // 2]
    left = np.setdiff1d(np.arange(len(rarity)), rare)
    return np.sort(np.concatenate([rare, generator(0, "map").choice(left, most - len(rare), replace=False)]))


def principal_components(vectors: Float[np.ndarray, "M D"]) -> Float[np.ndarray, "M 2"]:
    """Return the scores on the first two components, 0 for a missing one; the largest absolute score is positive."""
    centred = vectors - vectors.mean(axis=0)
    scores = np.zeros((len(vectors), 2))
    left, values, _ = np.linalg.svd(centred, full_matrices=False)
    kept = min(2, len(values))
    scores[:, :kept] = left[:, :kept] * values[:kept]
    signs = np.sign(scores[np.abs(scores).argmax(axis=0), [0, 1]])
    return np.asarray(scores * np.where(signs == 0, 1, signs))
