"""Figure of an investigation that compares cases: one row a case, one panel per group of classes."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from tailprobe.report.frame import new_figure
from tailprobe.report.investigations.lines import Line
from tailprobe.report.style import INK, LOW_FREQUENCY, MUTED, REMAINING, styled
from tailprobe.report.text import shown

_ROW = 0.24  # inches


@styled
def row_figure(
    panels: Mapping[str, Line],
    *,
    rows: Sequence[str],
    title: str,
    subtitle: str,
    caption: str,
    across: str,
    margin: float | None = None,
    marked: int = 0,
) -> Figure:
    """Draw one panel per group, one row per case: a point with its whiskers.

    Args:
        panels: by title; each line has a place a row.
        across: the name of the axes.
        margin: the band in which differences are practically negligible; None if the values are not differences.
        marked: so many rows from the top are in the colour of attention.
    """
    figure = new_figure(title=title, subtitle=subtitle, caption=caption, body=0.75 + _ROW * len(rows))
    drawn = figure.subplots(1, len(panels), squeeze=False, sharey=True, sharex=True)[0]
    for axes, (group, line) in zip(drawn, panels.items(), strict=True):
        if margin is not None:
            axes.axvspan(-margin, margin, color=MUTED, alpha=0.12, linewidth=0, zorder=0)
            axes.axvline(0, color=MUTED, linewidth=0.9)
        _draw(axes, line, marked)
        axes.set_title(shown(group, 30), fontsize=9, color=INK)
        axes.set_xlabel(across)
        axes.grid(True, axis="x")
    drawn[0].yaxis.set_major_locator(FixedLocator(range(len(rows))))
    drawn[0].yaxis.set_minor_locator(NullLocator())
    drawn[0].set_yticklabels([shown(row, 44) for row in rows])
    drawn[0].set_ylim(len(rows) - 0.5, -0.5)
    return figure


def _draw(axes: Axes, line: Line, marked: int) -> None:
    for i, (mean, low, high) in enumerate(zip(line.mean, line.low, line.high, strict=True)):
        colour = LOW_FREQUENCY if i < marked else INK
        whiskers = np.maximum([[mean - low], [high - mean]], 0)
        axes.errorbar(
            [mean], [i], xerr=whiskers, fmt="o", color=colour, ecolor=colour if i < marked else REMAINING,
            markersize=4, capsize=2, linewidth=1.2,
        )  # fmt: skip
