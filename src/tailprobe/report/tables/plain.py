"""A data frame as it is printed: its columns in words, its numbers with their own digits."""

from collections.abc import Sequence
from types import MappingProxyType

import numpy as np
import pandas as pd

from tailprobe.report.tables.printed import Cell, Column, PrintedTable, Row, Section

# Headings that are more than the column's name with spaces in it.
_WORDS = MappingProxyType({
    "class_name": "class", "sd": "SD", "logit_sd": "SD of log odds", "difference_sd": "SD of difference",
    "seconds": "time (s)", "rows_times": "relative rows", "steps_times": "relative steps",
    "rows_an_epoch": "rows per epoch", "no_op": "no-op", "value": "mean",
})  # fmt: skip
_DIGITS = MappingProxyType({
    "rows": 0, "rows_an_epoch": 0, "rows_seen": 0, "steps": 0, "distinct_images": 0, "synthetic_rows": 0,
    "support": 0, "seconds": 1, "rows_times": 2, "steps_times": 2,
})  # fmt: skip


def plain(table: pd.DataFrame, *, caption: str, label: str, by: Sequence[str] = ()) -> PrintedTable:
    """Return a table of all columns and rows of a data frame; whole numbers have no decimals.

    Args:
        by: columns whose values become the titles of sections, which makes a table narrower; the others stay columns.

    >>> frame = pd.DataFrame({"method": ["baseline"], "steps": [580.0]})
    >>> printed = plain(frame, caption="Costs.", label="tab:costs")
    >>> [column.heading for column in printed.columns], printed.columns[1].number(580.0)
    (['method', 'steps'], '580')
    >>> [section.title for section in plain(frame, caption="", label="", by=["method"]).sections]
    ['method: baseline']
    """
    shown = [name for name in table.columns if name not in by]
    columns = tuple(_column(str(name), table[name]) for name in shown)
    parts = [("", table)] if not by or table.empty else _parts(table, by)
    sections = tuple(Section(title, _rows(rows[shown])) for title, rows in parts)
    return PrintedTable(columns, sections, caption, label)


def _parts(table: pd.DataFrame, by: Sequence[str]) -> list[tuple[str, pd.DataFrame]]:
    names = [_WORDS.get(name, name) for name in by]
    grouped = table.groupby(list(by), sort=False, observed=True)
    return [
        (", ".join(f"{name}: {value}" for name, value in zip(names, keys, strict=True)), rows) for keys, rows in grouped
    ]


def _rows(table: pd.DataFrame) -> tuple[Row, ...]:
    cells = [[Cell(_value(value)) for value in table[name]] for name in table.columns]
    return tuple(zip(*cells, strict=True))


def _column(name: str, values: "pd.Series[float]") -> Column:
    heading = _WORDS.get(name, name.replace("_", " "))
    if pd.api.types.is_bool_dtype(values) or not pd.api.types.is_numeric_dtype(values):
        return Column(heading)
    digits = 0 if pd.api.types.is_integer_dtype(values) else 3
    return Column(heading, "number", _DIGITS.get(name, digits))


def _value(value: object) -> str | float:
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if value is None or value is pd.NA:
        return float("nan")
    if isinstance(value, int | float | np.integer | np.floating):
        return float(value)
    return str(value)
