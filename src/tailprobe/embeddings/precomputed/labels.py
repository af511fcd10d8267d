"""Labels of precomputed embeddings: from the file itself, or from a table matched by name or row by row."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Int

from tailprobe.datasets.readers.ade20k import TABLE_NAME as SCENE_TABLE
from tailprobe.datasets.readers.ade20k import read_scenes, scene_images
from tailprobe.datasets.storage.image_files import clean_name, preview
from tailprobe.datasets.tables.columns import Columns, text_of
from tailprobe.datasets.tables.files import read_columns
from tailprobe.datasets.tables.options import TableOptions
from tailprobe.datasets.tables.tags import TagTable, tag_table
from tailprobe.datasets.tables.usual import IMAGE_NAMES, find_usual
from tailprobe.embeddings.precomputed.raw import RawEmbeddings
from tailprobe.errors import InputError

_ROW = "row"  # a column of row numbers, where the rows of embeddings have no names


@dataclass(frozen=True, eq=False)
class LabelledRows:
    """The labels of the rows of embeddings that are kept."""

    table: TagTable
    rows: Int[np.ndarray, " M"]  # of the file of embeddings, in the order of the table
    notes: tuple[str, ...] = ()


def labels_of_file(path: Path, raw: RawEmbeddings, options: TableOptions) -> LabelledRows:
    """Take the labels from the file of embeddings itself.

    Raises:
        InputError: it holds none, an image has two rows, or as `tag_table`.
    """
    if raw.columns is None:
        raise InputError(f"{path.name}: holds embeddings but no labels; pass --labels TABLE, one of names and labels")
    columns = raw.columns
    name = _name_column(columns, options.image_column)
    if name is None:
        names = [f"row {i}" for i in range(len(columns))]
        notes = (f"{path.name} names no images; they are named by their row, from 0",)
        return _by_row(columns, names, _ROW, options, notes)
    return _by_row(columns, _distinct_names(columns, name), name, options, ())


def join_labels(path: Path, raw: RawEmbeddings, labels: Path, options: TableOptions) -> LabelledRows:
    """Match the rows of a table to the embeddings, in the order of the embeddings.

    Raises:
        InputError: rows and table do not match, or as `tag_table`.
    """
    if labels.name == SCENE_TABLE:
        return _join_scenes(path, raw, labels)
    columns = read_columns(labels)
    name = None if raw.columns is None else _name_column(raw.columns, None)
    if raw.columns is None or name is None:
        if len(columns) != len(raw.vectors):
            raise InputError(
                f"{path.name} holds {len(raw.vectors):,} rows and {labels.name} {len(columns):,}; expected one "
                "row of the table for each row of embeddings, in the same order"
            )
        notes = (f"{path.name} names no images; its rows are taken in the order of {labels.name}",)
        of_table = _name_column(columns, options.image_column)
        names = [f"row {i}" for i in range(len(columns))] if of_table is None else _distinct_names(columns, of_table)
        return _by_row(columns, names, of_table or _ROW, options, notes)
    table = tag_table(columns, options)
    listed = set(table.names) if len(columns) == len(table.names) else _all_names(columns)
    return _by_name(path, _distinct_names(raw.columns, name), labels, table, listed)


def _by_row(
    columns: Columns, names: Sequence[str], column: str, options: TableOptions, notes: tuple[str, ...]
) -> LabelledRows:
    """Read labels row by row, images named by number meanwhile, so that rows left out are known."""
    numbers = [str(n) for n in range(len(columns))]
    cells = {column: numbers, **{name: cells for name, cells in columns.cells.items() if name != column}}
    table = tag_table(replace(columns, cells=cells), replace(options, image_column=column))
    rows = np.array([int(name) for name in table.names], dtype=np.int64)
    return LabelledRows(replace(table, names=tuple(names[row] for row in rows)), rows, notes)


def _join_scenes(path: Path, raw: RawEmbeddings, labels: Path) -> LabelledRows:
    """Match ADE20K's table of scenes, of which the most frequent are kept, by name or row by row."""
    table, listed = read_scenes(labels), scene_images(labels)
    name = None if raw.columns is None else _name_column(raw.columns, None)
    if raw.columns is not None and name is not None:
        return _by_name(path, _distinct_names(raw.columns, name), labels, table, set(listed))
    if len(listed) != len(raw.vectors):
        raise InputError(
            f"{path.name} holds {len(raw.vectors):,} rows and {labels.name} {len(listed):,}; expected one row of "
            "embeddings for each line, in the same order, or names in addition"
        )
    return _by_name(path, listed, labels, table, set(listed))


def _by_name(path: Path, names: Sequence[str], labels: Path, table: TagTable, listed: set[str]) -> LabelledRows:
    """Match by name.

    Args:
        names: of the rows of embeddings.
        listed: every name that the table has, also of rows that are left out.
    """
    position = {image: row for row, image in enumerate(table.names)}
    unknown = [image for image in names if image not in position and image not in listed]
    if unknown:
        raise InputError(
            f"{path.name}: {len(unknown):,} of {len(names):,} images are not in {labels.name} "
            f"({preview(unknown)}; the table begins with {table.names[0]!r}); use the same names in both"
        )
    rows = np.array([n for n, image in enumerate(names) if image in position], dtype=np.int64)
    kept = _rows(table, np.array([position[names[n]] for n in rows], dtype=np.int64))
    return LabelledRows(kept, rows, _notes_on_left_out(table, kept, labels))


def _all_names(columns: Columns) -> set[str]:
    """Return every text of a table: images whose rows the table leaves out, as unlabelled, are known all the same."""
    return {text_of(cell) for cells in columns.cells.values() for cell in cells}


def _distinct_names(columns: Columns, name: str) -> list[str]:
    names = [clean_name(text_of(cell), where=columns.where(n)) for n, cell in enumerate(columns.cells[name])]
    last = {image: row for row, image in enumerate(names)}
    duplicate = next((image for row, image in enumerate(names) if last[image] != row), None)
    if duplicate is not None:
        raise InputError(f"{columns.path.name}: image {duplicate!r} has two rows; keep one")
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
    if given is not None:
        return columns.given(given, "image_column")
    found = find_usual(columns.cells, IMAGE_NAMES)
    return found[0] if found else None
