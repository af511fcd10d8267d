"""The labels that are exported with embeddings, as arrays, columns or a table."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from tailprobe.datasets.images import LabeledImages
from tailprobe.errors import InputError
from tailprobe.files import write_text
from tailprobe.labels import Labels


@dataclass(frozen=True, eq=False)
class ExportedLabels:
    """Labels and given parts of the N rows that are exported."""

    labels: Labels
    parts: tuple[str, ...] | None

    def arrays(self) -> dict[str, np.ndarray]:
        """Return arrays as `.npz` holds them: classes, labels, and split where the data came with parts."""
        classes = np.array(self.labels.classes, dtype=np.str_)
        single = self.labels.kind == "single-label"
        found = {"classes": classes, "labels": self.labels.matrix.argmax(axis=1) if single else self.labels.matrix}
        found["labels"] = found["labels"].astype(np.int64 if single else np.uint8)
        return found | ({} if self.parts is None else {"split": np.array(self.parts, dtype=np.str_)})

    def columns(self, rows: slice) -> dict[str, pa.Array]:
        """Return columns as tables hold them, of some rows: the list of each image's classes, and its part."""
        tags = [self._tags(row) for row in self.labels.matrix[rows]]
        found = {"labels": pa.array(tags, pa.list_(pa.string()))}
        return found | ({} if self.parts is None else {"split": pa.array(self.parts[rows], pa.string())})

    def _tags(self, row: np.ndarray) -> list[str]:
        return [self.labels.classes[c] for c in np.flatnonzero(row)]


def exported_labels(names: Sequence[str], images: LabeledImages | None) -> ExportedLabels | None:
    """Return the labels of the images of these names, None if they have none."""
    if images is None or not images.labels.classes:
        return None
    position = {name: row for row, name in enumerate(images.names)}
    rows = np.array([position[name] for name in names], dtype=np.int64)
    parts = images.given_parts
    return ExportedLabels(images.labels.rows(rows), None if parts is None else tuple(parts[row] for row in rows))


def label_csv(names: Sequence[str], exported: ExportedLabels) -> str:
    """Return labels as a CSV table for `--labels`: one column of 0 and 1 per class, and the parts if there are any."""
    labels, text = exported.labels, io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    parts: Sequence[Sequence[str]] = [()] * len(names) if exported.parts is None else [(p,) for p in exported.parts]
    header_part = () if exported.parts is None else ("split",)
    writer.writerow(["image_name", *labels.classes, *header_part])
    cells = [[str(int(value)) for value in row] for row in labels.matrix]
    writer.writerows([name, *row, *part] for name, row, part in zip(names, cells, parts, strict=True))
    return text.getvalue()


def write_beside(path: Path, text: str, *, overwrite: bool) -> None:
    """Write a text file that accompanies another file; the same text, left by a killed process, is accepted.

    Raises:
        InputError: a file with another text exists and `overwrite` is False.
    """
    if path.is_file() and path.read_bytes() == text.encode():
        return
    if path.exists() and not overwrite:
        raise InputError(f"{path} exists; choose another name or pass --overwrite")
    write_text(path, text)
