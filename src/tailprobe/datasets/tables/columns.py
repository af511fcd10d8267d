"""A label table, stored by column."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any

from tailprobe.datasets.storage.url import Source
from tailprobe.datasets.tables.options import flag
from tailprobe.errors import InputError
from tailprobe.registry import did_you_mean


@dataclass(frozen=True, eq=False)
class Columns:
    """N rows of cells: text from a CSV file, any Python object from a Parquet file."""

    path: Source | PurePath  # the file, or a name for the data in messages
    cells: dict[str, list[Any]]  # column -> (N,) cells
    rows: Sequence[int]  # (N,) row numbers for messages: as in a spreadsheet (header: row 1); Parquet: from 1
    row_names: Sequence[str] | None = None  # (N,) names of the rows in messages, if they are not rows of a table
    notes: tuple[str, ...] = ()  # what was changed or left out while reading

    def __len__(self) -> int:
        return len(self.rows)

    def where(self, row: int) -> str:
        """Return "train_v2.csv, row 1465" for row `row`, counting from 0."""
        return f"{self.path.name}, row {self.rows[row]}" if self.row_names is None else self.row_names[row]

    def given(self, name: str, option: str) -> str:
        """Return the name of a column that the user named, after checking that it exists.

        Args:
            name: as the user wrote it.
            option: the option that named it, as a field of `TableOptions`.

        Raises:
            InputError: there is no such column.
        """
        if name in self.cells:
            return name
        near = did_you_mean(name, self.cells) or ";"
        raise InputError(
            f"{self.path.name}: there is no column {name!r}{near} the header has {self.header()}; name one of them "
            f"with {flag(option)}"
        )

    def header(self) -> str:
        """Return the names of the columns, for messages."""
        return ", ".join(map(repr, self.cells))

    def only(self, rows: Sequence[int]) -> "Columns":
        """Return the rows at these positions, counting from 0."""
        names = self.row_names
        return replace(
            self,
            cells={name: [cells[row] for row in rows] for name, cells in self.cells.items()},
            rows=[self.rows[row] for row in rows],
            row_names=None if names is None else [names[row] for row in rows],
        )


IsImage = Callable[[str], bool]  # whether a text is the name of an available image


def text_of(cell: Any) -> str:  # noqa: ANN401 - a table may hold any object
    """Return a cell as text without surrounding whitespace; None and NaN become "", whole numbers lose their ".0".

    >>> text_of(3.0), text_of(float("nan")), text_of(" a "), text_of(None), text_of(True)
    ('3', '', 'a', '', 'True')
    """
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()
