"""Label tables in Excel files; needs the extra `tailprobe[excel]`."""

import io
import zipfile
from typing import Any

from tailprobe.datasets.storage.url import Source
from tailprobe.datasets.tables.columns import Columns, text_of
from tailprobe.errors import InputError


def read_excel(path: Source) -> Columns:
    """Read the first sheet of an .xlsx file that holds a table; its first row is the header.

    Raises:
        InputError: openpyxl is not installed, the file cannot be read, it has no table, or two columns share a name.
    """
    try:
        import openpyxl
    except ImportError:
        raise InputError(
            f"{path}: Excel files need openpyxl: pip install 'tailprobe[excel]', or save the table as CSV (UTF-8)"
        ) from None
    try:
        book = openpyxl.load_workbook(io.BytesIO(path.read_bytes()), read_only=True, data_only=True)
        sheets = [(sheet.title, [list(row) for row in sheet.iter_rows(values_only=True)]) for sheet in book.worksheets]
    except (OSError, KeyError, ValueError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{path}: not a readable Excel file ({reason}); save it again, or as CSV (UTF-8)") from error
    for title, rows in sheets:
        filled = [(n, row) for n, row in enumerate(rows, 1) if any(text_of(cell) for cell in row)]
        if len(filled) > 1:
            notes = (f"{path.name}: the sheet {title!r} is read, the other sheets are not",) if len(sheets) > 1 else ()
            return _columns(path, filled, notes)
    raise InputError(f"{path}: no sheet has a header with a row below it; expected one row per image")


def _columns(path: Source, filled: list[tuple[int, list[Any]]], notes: tuple[str, ...]) -> Columns:
    (_, header), *body = filled
    cells: dict[str, list[Any]] = {}
    for position, title in enumerate(header):
        column = [row[position] if position < len(row) else None for _, row in body]
        if text_of(title) or any(map(text_of, column)):
            name = text_of(title) or f"column {position + 1}"
            if name in cells:
                raise InputError(f"{path.name}: two columns are called {name!r}; rename one")
            cells[name] = column
    return Columns(path, cells, [n for n, _ in body], notes=notes)
