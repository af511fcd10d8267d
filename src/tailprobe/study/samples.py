"""A few sample images, shrunk and stored with the run, so that its report does not need the collection."""

import numpy as np
import pandas as pd
from jaxtyping import Bool, Int

from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.pixels.thumbnail import thumbnail


def sample_table(
    images: LabeledImages, low_frequency: Bool[np.ndarray, " C"], *, rng: np.random.Generator, number: int = 12
) -> pd.DataFrame:
    """Choose up to `number` images, low-frequency classes first, and shrink them.

    Returns:
        One row per image: name, tags (list of class names), png (bytes, longer side at most 256 pixels).
    """
    rows = sample_rows(images.labels.matrix, low_frequency, number=number, generator=rng).tolist()
    table = [
        {
            "name": images.names[i],
            "tags": list(images.labels.tags(i)),
            "png": thumbnail(images, i, side=256, format="PNG"),
        }
        for i in rows
    ]
    return pd.DataFrame(table, columns=["name", "tags", "png"])


def sample_rows(
    matrix: Bool[np.ndarray, "N C"],
    low_frequency: Bool[np.ndarray, " C"],
    *,
    number: int,
    generator: np.random.Generator,
) -> Int[np.ndarray, " M"]:
    """Choose sample rows: one of each low-frequency class first, rarest first, then one of each other class.

    A class without images is skipped, and so is one that a chosen row already carries. If fewer rows result, others are
    drawn from all images.

    Args:
        matrix: (N, C), which image carries which class.
        low_frequency: (C,) which classes are low-frequency.
        number: largest number of rows.
        generator: draws the rows.

    Returns:
        (M,) distinct rows, M = min(number, N).
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
