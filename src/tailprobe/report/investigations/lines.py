"""Figure of an investigation that varies one number: differences from a reference, one panel per class group."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, NullLocator

from tailprobe.report.frame import new_figure
from tailprobe.report.style import INK, MUTED, styled
from tailprobe.report.text import shown

# Okabe and Ito's and Tol's, in an order in which neighbours differ most.
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#332288", "#999933", "#661100", "#56b4e9")
_SPREAD = 0.06  # of a step, by which lines are offset


@dataclass(frozen=True, eq=False)
class Line:
    """One line: values at P places, with both ends of their intervals."""

    mean: Float[np.ndarray, " P"]
    low: Float[np.ndarray, " P"]
    high: Float[np.ndarray, " P"]


@styled
def line_figure(
    panels: Mapping[str, Mapping[str, Line]],
    *,
    ticks: Sequence[str],
    title: str,
    subtitle: str,
    caption: str,
    across: str,
    up: str,
    margin: float | None = None,
    joined: bool = True,
) -> Figure:
    """Draw one panel per group, one line per method, over positions side by side.

    Args:
        panels: by title, then by name of the line; the same lines in every panel.
        ticks: the label of each position.
        across, up: names of the axes.
        joined: whether the places are in an order, so that a line leads from one to the next.
        margin: the band in which differences are practically negligible; None if the values are not differences.
    """
    names = list(next(iter(panels.values())))
    colours = {name: _COLOURS[i % len(_COLOURS)] for i, name in enumerate(names)}
    figure = new_figure(
        title=title,
        subtitle=subtitle,
        caption=caption,
        key=[(Line2D([], [], color=colours[name], marker="o", markersize=4), shown(name, 34)) for name in names],
        body=3.0,
    )
    drawn = figure.subplots(1, len(panels), squeeze=False, sharey=True)[0]
    for axes, (group, lines) in zip(drawn, panels.items(), strict=True):
        if margin is not None:
            axes.axhspan(-margin, margin, color=MUTED, alpha=0.12, linewidth=0, zorder=0)
            axes.axhline(0, color=MUTED, linewidth=0.9)
        _lines(axes, lines, colours, joined=joined)
        axes.set_title(shown(group, 30), fontsize=9, color=INK)
        axes.xaxis.set_major_locator(FixedLocator(range(len(ticks))))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set_xticklabels(list(ticks))
        axes.set_xlabel(across)
        axes.grid(True)
    drawn[0].set_ylabel(up)
    return figure


def _lines(axes: Axes, lines: Mapping[str, Line], colours: Mapping[str, str], *, joined: bool) -> None:
    for i, (name, line) in enumerate(lines.items()):
        places = np.arange(len(line.mean)) + _SPREAD * (i - (len(lines) - 1) / 2)
        whiskers = np.maximum([line.mean - line.low, line.high - line.mean], 0)
        axes.errorbar(
            places,
            line.mean,
            yerr=whiskers,
            fmt="o-" if joined else "o",
            color=colours[name],
            linewidth=1.3,
            markersize=3.5,
            capsize=2,
        )
