"""Split cells of tags."""

from collections.abc import Sequence
from typing import Any

from tailprobe.datasets.tables.columns import Columns
from tailprobe.errors import InputError

_SEPARATORS = ",;|"
_SINGLE_TAG_COLUMNS = ("label", "tag", "class", "category", "target")  # columns that usually hold one tag per row


def split_cells(
    columns: Columns, column: str, *, separator: str | None, whole: bool
) -> tuple[list[list[str]], tuple[str, ...]]:
    """Split the cells of a column into tags, repeats kept.

    Args:
        columns: the table.
        column: the column of tags.
        separator: between the tags; by default the one of `,` `;` `|` that the column uses, else white space.
        whole: take a cell as one tag where no separator is given.

    Returns:
        The tags of each row, and notes.

    Raises:
        InputError: the column uses more than one of `,` `;` `|` and no separator is given, or a cell is neither text,
            a number nor a list of them.
    """
    cells = columns.cells[column]
    for n, cell in enumerate(cells):
        if isinstance(cell, dict | bytes):
            raise InputError(
                f"{columns.where(n)}: column {column!r} holds {type(cell).__name__}; expected tags or a list"
            )
    if separator is None and not whole:
        separator = _separator_of(columns, column)
    return [_split(cell, separator, whole=whole) for cell in cells], _notes(cells, column, separator, whole=whole)


def _separator_of(columns: Columns, column: str) -> str | None:
    cells = columns.cells[column]
    used = [mark for mark in _SEPARATORS if any(isinstance(cell, str) and mark in cell for cell in cells)]
    if len(used) > 1:
        n = next(n for n, cell in enumerate(cells) if isinstance(cell, str) and used[1] in cell)
        raise InputError(f"{columns.where(n)}: column {column!r} uses {' and '.join(used)}; pass the separator")
    return used[0] if used else None


def _split(cell: Any, separator: str | None, *, whole: bool) -> list[str]:  # noqa: ANN401 - whatever Parquet stores
    if cell is None:
        return []
    if isinstance(cell, list):
        return [str(tag) for tag in cell if tag is not None]
    text = str(cell)
    pieces = text.split(separator) if separator is not None or not whole else [text]
    return [piece.strip() for piece in pieces if piece.strip()]


def _notes(cells: Sequence[Any], column: str, separator: str | None, *, whole: bool) -> tuple[str, ...]:
    if separator is not None:
        return (f"tags in column {column!r} split at {separator!r}",)
    spaced = any(isinstance(cell, str) and len(cell.split()) > 1 for cell in cells)
    if spaced and not whole and column.lower() in _SINGLE_TAG_COLUMNS:
        return (f"cells of column {column!r} split at spaces; if class names have spaces, pass kind single-label",)
    return ()
