"""Embeddings and labels that are arrays in memory."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.pixels.bands import NoPixels
from tailprobe.datasets.storage.file_source import FileSource
from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.embeddings.precomputed.raw import as_vectors
from tailprobe.errors import InputError
from tailprobe.labels import Labels


def from_arrays(
    vectors: np.ndarray,
    labels: Labels,
    *,
    names: Sequence[str] | None = None,
    parts: Sequence[str] | None = None,
    encoder: str = "precomputed",
    standardise: bool = False,
) -> tuple[Embeddings, LabeledImages]:
    """Return embeddings and labelled images for arrays in memory.

    Args:
        vectors: (N, D) real numbers.
        labels: labels of the N rows.
        names: (N,) distinct names; by default "row 0" and so on.
        parts: (N,) "train", "validation" or "test".
        encoder: name of the encoder.
        standardise: whether heads should be trained on them standardised by the training part.

    Raises:
        InputError: the array is not a matrix of embeddings, see `as_vectors`, or rows, labels, names and parts differ
            in number.
    """
    checked = as_vectors(vectors, where=encoder)
    given = tuple(f"row {i}" for i in range(len(checked))) if names is None else tuple(names)
    for what, number in (("labels", len(labels)), ("names", len(given)), ("parts", len(parts or given))):
        if number != len(checked):
            raise InputError(f"{encoder}: {len(checked)} embeddings and {number} {what}; expected one for each")
    digest = hashlib.sha256(json.dumps([given, str(checked.dtype), checked.shape]).encode())
    digest.update(np.ascontiguousarray(checked).tobytes())
    images = images_without_pixels(given, labels, Path(encoder), None if parts is None else tuple(parts), ())
    found = digest.hexdigest()
    return Embeddings(checked, given, encoder, found, standardise, identity={"array": f"sha256:{found}"}), images


def images_without_pixels(
    names: Sequence[str],
    labels: Labels,
    path: Path,
    parts: tuple[str, ...] | None,
    notes: tuple[str, ...],
    groups: tuple[str, ...] | None = None,
) -> LabeledImages:
    """Return labelled images without pixels, for embeddings."""
    sources = (FileSource(path),) * len(names)
    return LabeledImages(names, sources, labels, str(path), NoPixels(), parts, notes, groups=groups)
