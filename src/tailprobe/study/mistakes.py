"""The test images with the largest errors of each class, under the baseline and the chosen method."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.pixels.thumbnail import thumbnail
from tailprobe.errors import InputError
from tailprobe.scores.head_scores import read_head_scores

COLUMNS = ("encoder", "class_name", "kind", "name", "tags", "baseline", "chosen", "picture")


def mistake_table(
    images: LabeledImages,
    scores: Path,
    *,
    encoder: str,
    chosen: str,
    seeds: Sequence[int],
    classes: int = 20,
    each: int = 4,
    pictures: bool = True,
    baseline: str = "baseline",
) -> pd.DataFrame:
    """Choose, for the rarest classes, the worst false negatives (carry it, low score) and false positives.

    An image whose label of the class is not known is neither. The score of an image is its mean probability over the
    seeds in whose test part it is.

    Args:
        scores: the run's `scores.parquet`.
        chosen: the method beside the baseline.
        classes: that many, the rarest first.
        each: images under either method, of each kind.
        pictures: whether there are images to show.

    Returns:
        The columns `COLUMNS`: kind is "false negative" or "false positive", the scores are probabilities, the
        picture a JPEG of at most 160 pixels a side, or empty where the image can no longer be read.
    """
    plain, other = (_mean_scores(images, scores, encoder, method, seeds) for method in (baseline, chosen))
    rows = []
    pictures_by_row: dict[int, bytes] = {}
    for c in np.argsort(images.labels.counts, kind="stable")[:classes]:
        carries = images.labels.matrix[:, c]
        free = ~carries if images.labels.known is None else ~carries & images.labels.known[:, c]
        for kind, wanted, sign in (("false negative", carries, 1), ("false positive", free, -1)):
            for i in _worst(sign * plain[:, c], sign * other[:, c], np.flatnonzero(wanted), each):
                if i not in pictures_by_row:
                    pictures_by_row[i] = _thumbnail(images, i) if pictures else b""
                row = (encoder, images.labels.classes[c], kind, images.names[i], list(images.labels.tags(i)))
                rows.append((*row, plain[i, c], other[i, c], pictures_by_row[i]))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _mean_scores(
    images: LabeledImages, path: Path, encoder: str, method: str, seeds: Sequence[int]
) -> Float[np.ndarray, "N C"]:
    """Return each image's mean probability over the seeds that tested it, NaN where none did."""
    total, times = np.zeros(images.labels.matrix.shape), np.zeros((len(images), 1))
    for seed in seeds:
        scores = read_head_scores(path, encoder=encoder, method=method, seed=seed, part="test")
        total[scores.rows] += scores.probabilities()
        times[scores.rows] += 1
    return np.where(times > 0, total / np.maximum(times, 1), np.nan)


def _worst(
    plain: Float[np.ndarray, " N"], other: Float[np.ndarray, " N"], rows: Int[np.ndarray, " R"], each: int
) -> list[int]:
    """Return the rows lowest under either method, the lowest of both together first."""
    rows = rows[~np.isnan(plain[rows])]
    lowest = {int(i) for values in (plain, other) for i in rows[np.argsort(values[rows], kind="stable")[:each]]}
    return sorted(lowest, key=lambda i: (plain[i] + other[i], i))


def _thumbnail(images: LabeledImages, row: int) -> bytes:
    try:
        return thumbnail(images, row, side=160, format="JPEG")
    except InputError:
        return b""
