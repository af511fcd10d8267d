"""A label table as columns of cells."""

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
    """N rows of cells; a cell of a CSV is text, of a Parquet file whatever is stored there."""

    path: Source | PurePath  # the file, or what stands for one in messages
    cells: dict[str, list[Any]]  # column -> (N,) cells
    rows: Sequence[int]  # (N,) row numbers for messages: as a spreadsheet counts (header 1), of Parquet from 1
    row_names: Sequence[str] | None = None  # (N,) how messages name the rows, where they are not rows of a table
    notes: tuple[str, ...] = ()  # what reading the file changed or left out

    def __len__(self) -> int:
        return len(self.rows)

    def where(self, row: int) -> str:
        """Return "train_v2.csv, row 1465" for row `row`, counted from 0."""
        return f"{self.path.name}, row {self.rows[row]}" if self.row_names is None else self.row_names[row]

    def given(self, name: str, option: str) -> str:
        """Return the name of a column that the user named.

        Args:
            name: as the user has it.
            option: the option that named it, as a field of `TableOptions`.

        Raises:
            InputError: there is no such column.
        """
        if name in self.cells:
            return name
        near = did_you_mean(name, self.cells) or ";"
        raise InputError(
            f"{self.path.name}: there is no column {name!r}{near} the header has {self.header()}; name one of them by "
            f"{flag(option)}"
        )

    def header(self) -> str:
        """Return the names of the columns, for messages."""
        return ", ".join(map(repr, self.cells))

    def only(self, rows: Sequence[int]) -> "Columns":
        """Return the rows at these places, counted from 0."""
        names = self.row_names
        return replace(
            self,
            cells={name: [cells[row] for row in rows] for name, cells in self.cells.items()},
            rows=[self.rows[row] for row in rows],
            row_names=None if names is None else [names[row] for row in rows],
        )


IsImage = Callable[[str], bool]  # whether a text is the name of an image at hand


def text_of(cell: Any) -> str:  # noqa: ANN401 - whatever a table stores
    """Return a cell as text without blanks around it; nothing and NaN are empty, whole numbers have no point.

    >>> text_of(3.0), text_of(float("nan")), text_of(" a "), text_of(None), text_of(True)
    ('3', '', 'a', '', 'True')
    """
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()
