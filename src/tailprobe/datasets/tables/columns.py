"""A CSV, TSV or Parquet table as columns of cells."""

import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tailprobe.datasets.storage.url import Source
from tailprobe.datasets.tables.arrow_cells import arrow_cells
from tailprobe.errors import InputError

TABLES = (".csv", ".tsv", ".txt", ".parquet", ".pq")


@dataclass(frozen=True, eq=False)
class Columns:
    """N rows of cells; a cell of a CSV is text, of a Parquet file whatever is stored there."""

    path: Source
    cells: dict[str, list[Any]]  # column -> (N,) cells
    rows: Sequence[int]  # (N,) row numbers for messages: as a spreadsheet counts (header 1), of Parquet from 1
    row_names: Sequence[str] | None = None  # (N,) how messages name the rows, where they are not rows of a table

    def __len__(self) -> int:
        return len(self.rows)

    def where(self, row: int) -> str:
        """Return "train_v2.csv, row 1465" for row `row`, counted from 0."""
        return f"{self.path.name}, row {self.rows[row]}" if self.row_names is None else self.row_names[row]

    def find(self, given: str | None, usual: Sequence[str]) -> list[str]:
        """Return the column given by name, or those with a usual name, most usual first.

        Raises:
            InputError: there is no column of the given name.
        """
        if given is not None:
            if given not in self.cells:
                raise InputError(f"{self.path.name}: there is no column {given!r}; the header has {self.header()}")
            return [given]
        lower = {name.lower(): name for name in reversed(self.cells)}
        return [lower[name] for name in usual if name in lower]

    def header(self) -> str:
        """Return the names of the columns, for messages."""
        return ", ".join(map(repr, self.cells))


def read_columns(path: Source) -> Columns:
    """Read a table: Parquet (.parquet, .pq) or text (.csv, .tsv, .txt: UTF-8, with a header).

    Fields of a text table are separated by commas, semicolons or tabs, whichever the header has most of.

    Raises:
        InputError: the file is missing, empty, of another kind or encoding, has a row of more or fewer fields than the
            header, or two columns of one name.
    """
    if not path.is_file():
        raise InputError(f"{path}: expected a table of image names and tags, but there is no such file; check the path")
    if path.suffix.lower() not in TABLES:
        raise InputError(f"{path}: expected a table ending in {', '.join(TABLES)}; rename or convert it")
    columns = _read_parquet(path) if path.suffix.lower() in (".parquet", ".pq") else _read_text(path)
    if not len(columns):
        raise InputError(f"{path}: the table has no row under its header ({columns.header()}); expected one per image")
    return columns


def _read_parquet(path: Source) -> Columns:
    try:
        table = pq.read_table(path if isinstance(path, Path) else pa.BufferReader(path.read_bytes()))
    except (pa.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"{path}: not a readable Parquet file ({reason}); write the table again") from error
    _refuse_duplicate_columns(path, table.column_names)
    cells = {name: arrow_cells(table.column(name), path, name) for name in table.column_names}
    return Columns(path, cells, range(1, table.num_rows + 1))


def _read_text(path: Source) -> Columns:
    text = _decode(path)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(path, text), strict=True)
    try:
        numbered = [(number, fields) for number, fields in enumerate(reader, start=1) if fields]
    except csv.Error as error:
        raise InputError(f"{path.name}, line {reader.line_num}: {error}; fix the quotes of this line") from error
    if not numbered:
        raise InputError(f"{path}: the table is empty; expected a header and one row per image")
    (_, header), *body = numbered
    header = [name.strip() for name in header]
    _refuse_duplicate_columns(path, header)
    for number, fields in body:
        if len(fields) != len(header):
            raise InputError(
                f"{path.name}, row {number}: {len(fields)} fields where the header has {len(header)} "
                f"({', '.join(map(repr, header))}); quote a field that holds the separator"
            )
    cells = {name: [fields[position] for _, fields in body] for position, name in enumerate(header)}
    return Columns(path, cells, [number for number, _ in body])


def _decode(path: Source) -> str:
    try:
        data = path.read_bytes()
        return data.decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error}); check its permissions") from error
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InputError(
            f"{path.name}, line {line}: byte 0x{data[error.start]:02x} is not UTF-8; save the table as UTF-8"
        ) from error


def _delimiter(path: Source, text: str) -> str:
    if path.suffix.lower() == ".tsv":
        return "\t"
    header = text.lstrip().partition("\n")[0]
    return max(",;\t", key=header.count)  # a comma where there is none of them


def _refuse_duplicate_columns(path: Source, header: Sequence[str]) -> None:
    duplicates = sorted(name for name, count in Counter(header).items() if count > 1)
    if duplicates:
        raise InputError(f"{path.name}: two columns are called {duplicates[0]!r}; rename one")
