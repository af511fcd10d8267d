"""Positions of the images under an encoder, in two dimensions: by principal components of their embeddings, or by UMAP.

Source:
    McInnes, Healy and Melville, UMAP: Uniform Manifold Approximation and Projection for Dimension Reduction, 2018.
"""

import warnings
from typing import Any, Literal

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float, Int

from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.errors import InputError
from tailprobe.labels import Labels
from tailprobe.randomness import generator

COLUMNS = ("encoder", "row", "x", "y")
MOST = 1500  # images on the map; a browser draws as many without delay
Projection = Literal["pca", "umap"]
_NEIGHBOURS = 15  # of each image under UMAP, its authors' default


def embedding_map(embeddings: Embeddings, labels: Labels, *, by: Projection = "pca", most: int = MOST) -> pd.DataFrame:
    """Return a map of up to `most` images in two dimensions.

    Args:
        embeddings: of the N images of `labels`.
        labels: decide which images are on the map, see `mapped_rows`.
        by: the first two principal components, or UMAP.
        most: largest number of images.

    Returns:
        A table with the columns `COLUMNS`; row is the index of the image.

    Raises:
        InputError: `by` is "umap" and that is not installed.
    """
    rows = mapped_rows(labels, most)
    vectors = np.asarray(embeddings.vectors[rows], dtype=np.float64)
    if embeddings.standardise:
        deviation = vectors.std(axis=0)
        vectors = vectors / np.where(deviation > 0, deviation, 1)
    x, y = (umap_places(vectors) if by == "umap" else principal_components(vectors)).T
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


def umap_places(vectors: Float[np.ndarray, "M D"]) -> Float[np.ndarray, "M 2"]:
    """Return where UMAP lays three or more vectors; the same ones get the same places, at the cost of one thread.

    It begins at the principal components, so that images far apart tend to stay so.

    Raises:
        InputError: UMAP is not installed.
    """
    neighbours = min(_NEIGHBOURS, len(vectors) - 1)
    made = _umap()(n_components=2, n_neighbors=neighbours, init="pca", random_state=0, n_jobs=1)
    before = torch.get_num_threads()
    try:
        return np.asarray(made.fit_transform(vectors), dtype=np.float64)
    finally:
        torch.set_num_threads(before)  # numba, which compiles UMAP, sets OpenMP's threads, which are torch's as well


def check_projection(by: Projection) -> None:
    """Refuse what is not installed, before any long work.

    Raises:
        InputError: `by` is "umap" and that is not installed.
    """
    if by == "umap":
        _umap()


def _umap() -> Any:  # noqa: ANN401 - a class of a library without types
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ImportWarning)  # of its part that needs TensorFlow
            from umap import UMAP
    except ImportError as error:
        raise InputError(f"--map umap needs umap-learn ({error}); pip install 'tailprobe[umap]'") from None
    return UMAP
