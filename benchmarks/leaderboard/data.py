"""Reads the data of a study of the leaderboard."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

import tailprobe
from benchmarks.leaderboard.cells import STORED, Cell
from benchmarks.planning_data import read_mulan
from tailprobe.datasets.images import LabeledImages
from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.embeddings.precomputed.in_memory import from_arrays

_ARCHIVE = Path("eurosat", "EuroSAT.zip")


@dataclass(frozen=True, eq=False)
class Data:
    """Where the data are, and what of them has been read; None where the study reads its source by itself."""

    source: Path
    images: LabeledImages | None = None
    embeddings: Embeddings | None = None


def load(cell: Cell, folder: Path) -> Data:
    """Return the data of a study.

    Args:
        cell: the study.
        folder: holds `eurosat/EuroSAT.zip`, `eurosat/<encoder>_embeddings.npz` of the encoders of `STORED`
            (`embeddings` times `scale`, and `names` as in the archive), and `mulan/*.arff`.
    """
    if not cell.is_eurosat:
        vectors, labels = read_mulan(folder / "mulan", cell.set)
        embeddings, images = from_arrays(vectors, labels, encoder=cell.encoder, standardise=True)
        return Data(folder / "mulan" / cell.set, images, embeddings)
    source = folder / _ARCHIVE
    if cell.encoder not in STORED:
        return Data(source)
    return Data(source, _eurosat(source), _stored(folder / "eurosat" / f"{cell.encoder}_embeddings.npz", cell.encoder))


@lru_cache(maxsize=1)
def _eurosat(source: Path) -> LabeledImages:
    return tailprobe.read(source)


def _stored(path: Path, encoder: str) -> Embeddings:
    arrays = np.load(path, allow_pickle=False)
    vectors = arrays["embeddings"].astype(np.float32) * np.float32(arrays["scale"])
    names = [str(name) for name in arrays["names"]]
    labels = tailprobe.Labels.from_tags([[str(name)] for name in arrays["labels"]], kind="single-label")
    return from_arrays(vectors, labels, names=names, encoder=encoder)[0]
