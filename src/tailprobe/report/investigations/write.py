"""The folder of an investigation: its page, its figures and its tables."""

import base64
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, StrictUndefined
from matplotlib.figure import Figure

from tailprobe.files import make_folder, write_text, write_whole
from tailprobe.investigate.finding import Finding
from tailprobe.report.figures.write import rendered, write_figures
from tailprobe.report.frame import words_of
from tailprobe.report.investigations.kept import PAGE, address, page_of_run, write_kept

Figures = Mapping[str, Figure]  # by name

_MOST_ROWS = 200  # of a table on the page


def write_finding(finding: Finding, figures: Figures, out: Path, *, source: str) -> Path:
    """Write `investigation.html`, figures and tables into a folder, and return the page.

    The page is one file without a program; other people's names go into it escaped, and its policy lets nothing run
    and nothing load. In the folder of investigations of a finished run it links to the run's page.

    Args:
        figures: by name.
        source: the collection, for the reader.

    Raises:
        InputError: a file of somebody else's is in the way.
    """
    make_folder(out / "tables")
    for name, table in finding.tables.items():
        with write_whole(out / "tables" / f"{name}.csv") as partial:
            table.to_csv(partial, index=False)
        with write_whole(out / "tables" / f"{name}.parquet") as partial:
            table.to_parquet(partial, index=False)
    write_figures(figures, out / "figures", formats=("svg", "png"))
    page, of_run = out / PAGE, page_of_run(out)
    back = "" if of_run is None else address(of_run, out.absolute())
    write_text(page, page_of(finding, figures, source=source, back=back))
    write_kept(finding, out, source=source)
    return page


def page_of(finding: Finding, figures: Figures, *, source: str, back: str = "") -> str:
    """Return the page as text.

    Args:
        back: the address of the page of the study; empty if there is none.
    """
    template = (files("tailprobe.report.investigations") / "page.html").read_text(encoding="utf-8")
    pictures = [
        {"data": base64.b64encode(rendered(figure, "svg")).decode(), "caption": words_of(figure).caption}
        for figure in figures.values()
    ]
    environment = Environment(undefined=StrictUndefined, autoescape=True)
    return environment.from_string(template).render(
        finding=finding,
        source=source,
        back=back,
        pictures=pictures,
        tables=[_table(name, table) for name, table in finding.tables.items()],
    )


def _table(name: str, table: pd.DataFrame) -> dict[str, Any]:
    listed = table.head(_MOST_ROWS)
    cells = [[_cell(value) for value in row] for row in listed.itertuples(index=False)]
    return {"name": name, "rows": len(table), "shown": len(listed), "columns": list(table.columns), "cells": cells}


def _cell(value: Any) -> str:  # noqa: ANN401 - of any column
    if pd.isna(value):
        return "–"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
