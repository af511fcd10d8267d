"""A result as a notebook shows it: the recommendation, the averages and one figure."""

import base64
from html import escape

import pandas as pd

from tailprobe.groups import LOW_FREQUENCY, REMAINING
from tailprobe.report.figures.write import rendered
from tailprobe.report.run_figures import run_figures
from tailprobe.runs.run import Run


def notebook_html(*, sentence: str, averages: pd.DataFrame, picture: bytes, where: str) -> str:
    """Return HTML in which every name is text.

    Args:
        sentence: the recommendation.
        averages: the table to show.
        picture: PNG.
        where: the run folder.
    """
    image = base64.b64encode(picture).decode("ascii")
    table = averages.to_html(index=False, escape=True, float_format=lambda value: f"{value:z.3f}", na_rep="", border=0)
    return (
        f"<div><p><strong>{escape(sentence)}</strong></p>{table}"
        f'<img alt="what each method changes" style="max-width:100%" src="data:image/png;base64,{image}">'
        f"<p>{escape(where)}</p></div>"
    )


def run_html(run: Run) -> str:
    """Return a run as a notebook shows it."""
    table = run.table()
    groups = table[table["is_group"] & table["class_name"].isin([LOW_FREQUENCY, REMAINING])]
    first = next(figure for name, figure in run_figures(run).items() if name.startswith("differences"))
    return notebook_html(
        sentence="" if run.conclusion is None else run.conclusion.text,
        averages=groups.drop(columns=["part", "is_group", "pairs"]),
        picture=rendered(first, "png"),
        where=f"run: {run.folder.path}",
    )
