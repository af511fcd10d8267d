"""The test images with the largest errors of each class, and those on which baseline and chosen method disagree."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int

from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.pixels.thumbnail import thumbnail
from tailprobe.datasets.storage.file_source import FileSource
from tailprobe.errors import InputError
from tailprobe.scores.mean_scores import mean_scores

COLUMNS = (
    "encoder", "class_name", "kind", "name", "tags", "baseline", "chosen", "threshold_baseline", "threshold_chosen",
    "file", "picture",
)  # fmt: skip
FALSE_NEGATIVE, FALSE_POSITIVE = "false negative", "false positive"
FOUND, LOST = "found", "lost"  # by the chosen method and not by the baseline, and the reverse


def mistake_table(
    images: LabeledImages,
    scores: Path,
    *,
    encoder: str,
    chosen: str,
    seeds: Sequence[int],
    thresholds: tuple[Float[np.ndarray, " C"], Float[np.ndarray, " C"]],
    classes: int = 20,
    each: int = 4,
    pictures: bool = True,
    baseline: str = "baseline",
) -> pd.DataFrame:
    """List, for the rarest classes, the largest errors and the images on which the two methods disagree.

    Images with an unknown label of the class are left out. The score of an image is its mean probability over the seeds
    in whose test part it is.

    Args:
        images: the N images of the study.
        scores: the run's `scores.parquet`.
        encoder: whose heads' scores are used.
        chosen: the method compared with the baseline.
        seeds: the seeds of the study.
        thresholds: (C,) of the baseline and (C,) of the chosen method; NaN if there is none.
        classes: number of classes, the rarest first.
        each: number of images of each kind under each method.
        pictures: whether to include pictures.
        baseline: name of the baseline.

    Returns:
        The columns `COLUMNS`. kind is "false negative" (carries the class, low score), "false positive" (does not carry
        it, high score), "found" (carries it and is above the threshold under the chosen method only) or "lost" (under
        the baseline only); the last two are ordered by the change of the score. baseline and chosen are probabilities;
        picture is a JPEG of at most 224 pixels per side, empty if the image cannot be read or none is wanted.
    """
    sizes = {"images": len(images), "classes": len(images.labels.classes)}
    plain, other = (
        mean_scores(scores, encoder=encoder, method=method, seeds=seeds, **sizes) for method in (baseline, chosen)
    )
    rows = []
    pictures_by_row: dict[int, bytes] = {}
    for c in np.argsort(images.labels.counts, kind="stable")[:classes]:
        limits = (float(thresholds[0][c]), float(thresholds[1][c]))
        carries = images.labels.matrix[:, c]
        free = ~carries if images.labels.known is None else ~carries & images.labels.known[:, c]
        for kind, chosen_rows in _kinds(carries, free, plain[:, c], other[:, c], limits, each):
            for i in chosen_rows:
                if i not in pictures_by_row:
                    pictures_by_row[i] = _thumbnail(images, i) if pictures else b""
                row = (encoder, images.labels.classes[c], kind, images.names[i], list(images.labels.tags(i)))
                scored = (plain[i, c], other[i, c], *limits)
                rows.append((*row, *scored, file_of(images, i), pictures_by_row[i]))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _kinds(
    carries: Bool[np.ndarray, " N"],
    free: Bool[np.ndarray, " N"],
    plain: Float[np.ndarray, " N"],
    other: Float[np.ndarray, " N"],
    limits: tuple[float, float],
    each: int,
) -> list[tuple[str, list[int]]]:
    """Return rows by kind: the largest errors, and the images that one method finds and the other misses."""
    by_plain, by_other = plain > limits[0], other > limits[1]  # False for NaN
    known = carries & ~np.isnan(plain) & (not np.isnan(limits).any())
    return [
        (FALSE_NEGATIVE, _worst(plain, other, np.flatnonzero(carries), each)),
        (FALSE_POSITIVE, _worst(-plain, -other, np.flatnonzero(free), each)),
        (FOUND, _most_changed(other - plain, known & by_other & ~by_plain, each)),
        (LOST, _most_changed(plain - other, known & by_plain & ~by_other, each)),
    ]


def _most_changed(change: Float[np.ndarray, " N"], wanted: Bool[np.ndarray, " N"], each: int) -> list[int]:
    rows = np.flatnonzero(wanted)
    return [int(i) for i in rows[np.argsort(-change[rows], kind="stable")[:each]]]


def file_of(images: LabeledImages, row: int) -> str:
    """Return the path or URL of an image file; empty for a member of an archive and for embeddings without images."""
    source = images.image_sources[row]
    if not images.has_pixels or not isinstance(source, FileSource) or source.member is not None:
        return ""
    return str(source.path)


def _worst(
    plain: Float[np.ndarray, " N"], other: Float[np.ndarray, " N"], rows: Int[np.ndarray, " R"], each: int
) -> list[int]:
    """Return the rows with the lowest scores under either method, ordered by the sum of both scores."""
    rows = rows[~np.isnan(plain[rows])]
    lowest = {int(i) for values in (plain, other) for i in rows[np.argsort(values[rows], kind="stable")[:each]]}
    return sorted(lowest, key=lambda i: (plain[i] + other[i], i))


def _thumbnail(images: LabeledImages, row: int) -> bytes:
    try:
        return thumbnail(images, row, side=224, format="JPEG")
    except InputError:
        return b""
