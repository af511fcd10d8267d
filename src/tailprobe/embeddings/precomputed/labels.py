"""Labels of precomputed embeddings: from the file itself, or from a table matched by name or row by row."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from jaxtyping import Int

from tailprobe.datasets.storage.image_files import clean_name, preview
from tailprobe.datasets.tables.columns import Columns, read_columns
from tailprobe.datasets.tables.options import TableOptions
from tailprobe.datasets.tables.tags import NAME_COLUMNS, TagTable, tag_table
from tailprobe.embeddings.precomputed.raw import RawEmbeddings
from tailprobe.errors import InputError


def labels_of_file(path: Path, raw: RawEmbeddings, options: TableOptions) -> tuple[TagTable, tuple[str, ...]]:
    if raw.columns is None:
        raise InputError(f"{path.name}: holds embeddings but no labels; pass labels, a table of names and tags")
    columns, notes = raw.columns, tuple[str, ...]()
    name = _name_column(columns, options.name_column)
    if name is None:
        columns = replace(columns, cells={"image_name": [f"row {i}" for i in range(len(columns))], **columns.cells})
        notes = (f"{path.name} names no images; they are named by their row, from 0",)
    else:
        columns = replace(columns, cells=columns.cells | {name: [str(cell) for cell in columns.cells[name]]})
    return tag_table(columns, options), notes


def join_labels(
    path: Path, raw: RawEmbeddings, labels: Path, options: TableOptions
) -> tuple[TagTable, tuple[str, ...]]:
    """Match the rows of a table to the embeddings, in the order of the embeddings."""
    table = tag_table(read_columns(labels), options)
    name = None if raw.columns is None else _name_column(raw.columns, None)
    if raw.columns is None or name is None:
        if len(table.names) != len(raw.vectors):
            raise InputError(
                f"{path.name} holds {len(raw.vectors):,} rows and {labels.name} {len(table.names):,}; expected one "
                "row of the table for each row of embeddings, in the same order"
            )
        return table, (f"{path.name} names no images; its rows are taken in the order of {labels.name}",)
    names = _distinct_names(path, raw.columns, name)
    position = {image: row for row, image in enumerate(table.names)}
    unknown = [image for image in names if image not in position]
    if unknown:
        raise InputError(
            f"{path.name}: {len(unknown):,} of {len(names):,} images are not in {labels.name} "
            f"({preview(unknown)}; the table begins with {table.names[0]!r}); use the same names in both"
        )
    kept = _rows(table, np.array([position[image] for image in names], dtype=np.int64))
    return kept, _notes_on_left_out(table, kept, labels)


def _distinct_names(path: Path, columns: Columns, name: str) -> list[str]:
    names = [clean_name(str(cell), where=columns.where(n)) for n, cell in enumerate(columns.cells[name])]
    last = {image: row for row, image in enumerate(names)}
    duplicate = next((image for row, image in enumerate(names) if last[image] != row), None)
    if duplicate is not None:
        raise InputError(f"{path.name}: image {duplicate!r} has two rows of embeddings; keep one")
    return names


def _notes_on_left_out(table: TagTable, kept: TagTable, labels: Path) -> tuple[str, ...]:
    left_out, notes = len(table.names) - len(kept.names), tuple[str, ...]()
    if left_out:
        notes += (f"{left_out:,} of {len(table.names):,} rows of {labels.name} have no embedding and are left out",)
    empty = [name for name, count in zip(kept.labels.classes, kept.labels.counts, strict=True) if count == 0]
    if empty:
        notes += (f"no image is left of {len(empty)} classes: {', '.join(empty)}",)
    return notes


def _rows(table: TagTable, rows: Int[np.ndarray, " M"]) -> TagTable:
    parts, groups = table.given_parts, table.groups
    return TagTable(
        tuple(table.names[row] for row in rows),
        table.labels.rows(rows),
        None if parts is None else tuple(parts[row] for row in rows),
        tuple(table.where[row] for row in rows),
        table.notes,
        None if groups is None else tuple(groups[row] for row in rows),
    )


def _name_column(columns: Columns, given: str | None) -> str | None:
    found = columns.find(given, NAME_COLUMNS)
    return found[0] if found else None
