"""A table of labels: one row per image, one column per class, with 1, 0, or -1 if unknown.

`tailprobe compare IMAGES --labels TABLE --uncertain ignore` reads it.
"""

import csv
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tailprobe.errors import InputError
from tailprobe.review.outcome import ReviewedLabels

SUFFIXES = (".csv", ".parquet")
IMAGE = "image_name"


def write_table(labels: ReviewedLabels, partial: Path, suffix: str) -> None:
    """Write a table.

    Args:
        partial: the file to write.
        suffix: ".csv" or ".parquet".

    Raises:
        InputError: a class has the name of the column of images.
    """
    if IMAGE in labels.classes:
        raise InputError(f"a class is called {IMAGE!r}, as the column of images is; write --layout label-studio")
    if suffix == ".parquet":
        columns = {name: pa.array(labels.values[:, c]) for c, name in enumerate(labels.classes)}
        pq.write_table(pa.table({IMAGE: pa.array(labels.names, pa.string()), **columns}), partial)
        return
    with partial.open("w", newline="", encoding="utf-8") as file:
        text = csv.writer(file, lineterminator="\n")
        text.writerow([IMAGE, *labels.classes])
        text.writerows([name, *row] for name, row in zip(labels.names, labels.values.tolist(), strict=True))
