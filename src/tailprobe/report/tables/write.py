"""Tables as files: each in every format."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from tailprobe.files import make_folder, write_whole
from tailprobe.report.tables.escape import csv
from tailprobe.report.tables.latex import latex
from tailprobe.report.tables.markdown import markdown
from tailprobe.report.tables.printed import PrintedTable

FORMATS = ("csv", "parquet", "tex", "md")


@dataclass(frozen=True, eq=False)
class Table:
    """A table for machines and the same for readers."""

    data: pd.DataFrame  # every row and digit, in CSV and Parquet
    printed: PrintedTable  # the columns for readers, in LaTeX and Markdown


def write_tables(tables: Mapping[str, Table], folder: Path) -> list[Path]:
    """Write each table in each format, `folder/<name>.<format>`; a file appears whole or not at all.

    Raises:
        InputError: the folder cannot be made or written to.
    """
    written = []
    make_folder(folder)
    for name, table in tables.items():
        for form in FORMATS:
            path = folder / f"{name}.{form}"
            with write_whole(path) as partial:
                _write(table, partial, form)
            written.append(path)
    return written


def _write(table: Table, path: Path, form: str) -> None:
    if form == "parquet":
        table.data.to_parquet(path, index=False)
    elif form == "csv":
        _for_csv(table.data).to_csv(path, index=False, lineterminator="\n")
    else:
        text = latex(table.printed) if form == "tex" else markdown(table.printed)
        path.write_text(text, encoding="utf-8")


def _for_csv(table: pd.DataFrame) -> pd.DataFrame:
    """Return every cell as text, numbers with all digits, nothing where one is not defined."""

    def cell(value: object) -> str:
        if isinstance(value, float | np.floating):
            return "" if np.isnan(value) else repr(float(value))
        return "" if value is pd.NA else csv(value) if isinstance(value, str) else str(value)

    return pd.DataFrame({name: [cell(value) for value in table[name]] for name in table.columns}, dtype=object)
