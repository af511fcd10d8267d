"""A table as it is printed: headings in words, and numbers with the digits that their unit has."""

import math
from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "number", "interval"]
Value = str | float | tuple[float, float]
MISSING = "–"


@dataclass(frozen=True)
class Column:
    """A column and how its numbers are written."""

    heading: str
    kind: Kind = "text"
    digits: int = 3  # decimals of its numbers
    signed: bool = False  # a gain has a plus

    def number(self, value: float) -> str:
        """Return a number with an ASCII minus; what rounds to zero has no sign.

        >>> Column("difference", "number", signed=True).number(0.04), Column("steps", "number", 0).number(580.0)
        ('+0.040', '580')
        """
        text = f"{value:+.{self.digits}f}" if self.signed else f"{value:.{self.digits}f}"
        return text if float(text) else text.lstrip("+-")


@dataclass(frozen=True)
class Cell:
    """The content of a column: text, a number, or the two ends of an interval; NaN if unknown."""

    value: Value
    bold: bool = False

    @property
    def missing(self) -> bool:
        """Whether there is nothing to print."""
        if isinstance(self.value, tuple):
            return any(math.isnan(end) for end in self.value)
        return self.value == "" if isinstance(self.value, str) else math.isnan(self.value)


Row = tuple[Cell, ...]


@dataclass(frozen=True)
class Section:
    """Rows under a title of their own; none where the table has one section."""

    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class PrintedTable:
    """A table, its caption, and the name by which a text refers to it."""

    columns: tuple[Column, ...]
    sections: tuple[Section, ...]
    caption: str
    label: str

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows of all sections."""
        return tuple(row for section in self.sections for row in section.rows)
