"""Labels of precomputed embeddings: from the file itself, or from a table matched by name or row by row."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from jaxtyping import Int

from tailprobe.datasets.storage.image_files import clean_name, preview
from tailprobe.datasets.tables.columns import Columns, read_columns
from tailprobe.datasets.tables.options import TableOptions
from tailprobe.datasets.tables.tags import NAME_COLUMNS, TagTable, tag_table
from tailprobe.embeddings.precomputed.raw import Stored
from tailprobe.errors import InputError


def labels_of_file(path: Path, stored: Stored, options: TableOptions) -> tuple[TagTable, tuple[str, ...]]:
    if stored.columns is None:
        raise InputError(f"{path.name}: holds embeddings but no labels; pass labels, a table of names and tags")
    columns, notes = stored.columns, tuple[str, ...]()
    name = _name_column(columns, options.name_column)
    if name is None:
        columns = replace(columns, cells={"image_name": [f"row {i}" for i in range(len(columns))], **columns.cells})
        notes = (f"{path.name} names no images; they are called by their rows, from 0",)
    else:
        columns = replace(columns, cells=columns.cells | {name: [str(cell) for cell in columns.cells[name]]})
    return tag_table(columns, options), notes


def join_labels(path: Path, stored: Stored, labels: Path, options: TableOptions) -> tuple[TagTable, tuple[str, ...]]:
    """Put the rows of a table to the embeddings, in the order of the embeddings."""
    table = tag_table(read_columns(labels), options)
    name = None if stored.columns is None else _name_column(stored.columns, None)
    if stored.columns is None or name is None:
        if len(table.names) != len(stored.vectors):
            raise InputError(
                f"{path.name} holds {len(stored.vectors):,} rows and {labels.name} {len(table.names):,}; expected one "
                "row of the table for each row of embeddings, in the same order"
            )
        return table, (f"{path.name} names no images; its rows are taken in the order of {labels.name}",)
    names = _distinct_names(path, stored.columns, name)
    position = {image: row for row, image in enumerate(table.names)}
    strangers = [image for image in names if image not in position]
    if strangers:
        raise InputError(
            f"{path.name}: {len(strangers):,} of {len(names):,} images are not in {labels.name} "
            f"({preview(strangers)}; the table begins with {table.names[0]!r}); name images alike in both"
        )
    kept = _rows(table, np.array([position[image] for image in names], dtype=np.int64))
    return kept, _notes_on_left_out(table, kept, labels)


def _distinct_names(path: Path, columns: Columns, name: str) -> list[str]:
    names = [clean_name(str(cell), where=columns.where(n)) for n, cell in enumerate(columns.cells[name])]
    last = {image: row for row, image in enumerate(names)}
    twin = next((image for row, image in enumerate(names) if last[image] != row), None)
    if twin is not None:
        raise InputError(f"{path.name}: image {twin!r} has two rows of embeddings; keep one")
    return names


def _notes_on_left_out(table: TagTable, kept: TagTable, labels: Path) -> tuple[str, ...]:
    left, notes = len(table.names) - len(kept.names), tuple[str, ...]()
    if left:
        notes += (f"{left:,} of {len(table.names):,} rows of {labels.name} have no embedding and are left out",)
    emptied = [name for name, count in zip(kept.labels.classes, kept.labels.counts, strict=True) if count == 0]
    if emptied:
        notes += (f"no image is left of {len(emptied)} classes: {', '.join(emptied)}",)
    return notes


def _rows(table: TagTable, rows: Int[np.ndarray, " M"]) -> TagTable:
    parts = table.given_parts
    return TagTable(
        tuple(table.names[row] for row in rows),
        table.labels.rows(rows),
        None if parts is None else tuple(parts[row] for row in rows),
        tuple(table.where[row] for row in rows),
        table.notes,
    )


def _name_column(columns: Columns, given: str | None) -> str | None:
    found = columns.find(given, NAME_COLUMNS)
    return found[0] if found else None
