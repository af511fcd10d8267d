"""What the rare classes gain against what the others lose."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from tailprobe.report.frame import new_figure
from tailprobe.report.style import INK, MUTED, colours_of, markers_of, styled
from tailprobe.report.text import shown


@dataclass(frozen=True, eq=False)
class GroupDifferences:
    """Each method's difference in a group of classes, with the ends of what its whisker is and of the row's own 95%."""

    difference: Float[np.ndarray, " M"]
    low: Float[np.ndarray, " M"]
    high: Float[np.ndarray, " M"]
    own_low: Float[np.ndarray, " M"]  # NaN where the whisker is the row's own interval, or none
    own_high: Float[np.ndarray, " M"]


@styled
def trade_off(
    low_frequency: GroupDifferences,
    remaining: GroupDifferences,
    *,
    methods: Sequence[str],
    metric: str,
    encoder: str,
    reach: str,
    margin: float | None = None,
    colours: Mapping[str, str] | None = None,
    shapes: Mapping[str, str] | None = None,
) -> Figure:
    """Draw each method's difference on the low-frequency classes over that on the others, with whiskers both ways.

    Args:
        low_frequency, remaining: differences from the baseline and their intervals, (M,) each.
        methods: (M,), without the baseline.
        metric: as a sentence has it.
        reach: what the whiskers are.
        margin: of practical equality, drawn as a band both ways.
        colours, shapes: of each method.
    """
    colours, shapes = colours_of(methods, colours), markers_of(methods, shapes)
    figure = new_figure(
        title="What the rare classes gain, what the others lose",
        subtitle=f"difference from the baseline in {shown(metric, 40)} · encoder {shown(encoder, 40)}",
        caption=f"Up is a gain for the low-frequency classes, left a loss for the remaining ones. {reach}.",
        key=[(_mark(colours[method], shapes[method]), shown(method, 60)) for method in methods],
        body=4.6,
    )
    axes = figure.subplots()
    axes.axhline(0, color=MUTED, linewidth=0.9)
    axes.axvline(0, color=MUTED, linewidth=0.9)
    if margin is not None:
        for span in (axes.axhspan, axes.axvspan):
            span(-margin, margin, color=MUTED, alpha=0.12, linewidth=0, zorder=0)
    for m, method in enumerate(methods):
        _whiskers(axes, remaining, low_frequency, m, colours[method], caps=margin is not None)
        at = [remaining.difference[m]], [low_frequency.difference[m]]
        axes.plot(
            *at, shapes[method], color=colours[method], markeredgecolor=INK, markeredgewidth=0.6, markersize=8,
            label=shown(method, 60), linestyle="none",
        )  # fmt: skip
    axes.set_xlabel("difference on the remaining classes")
    axes.set_ylabel("difference on the low-frequency classes")
    axes.grid(True)
    return figure


def _mark(colour: str, shape: str) -> Line2D:
    look = {"color": colour, "marker": shape, "markeredgecolor": INK, "markeredgewidth": 0.6, "markersize": 7}
    return Line2D([], [], linestyle="none", **look)  # type: ignore[arg-type]


def _whiskers(axes: Axes, across: GroupDifferences, up: GroupDifferences, m: int, colour: str, *, caps: bool) -> None:
    """Draw a method's whiskers both ways, and a faint tick at each end of its rows' own intervals."""
    x, y = across.difference[m], up.difference[m]
    right = np.maximum([[x - across.low[m]], [across.high[m] - x]], 0)
    upward = np.maximum([[y - up.low[m]], [up.high[m] - y]], 0)
    axes.errorbar(
        [x], [y], xerr=right, yerr=upward, fmt="none", ecolor=colour, elinewidth=1, capsize=3 if caps else 0, alpha=0.8
    )
    faint = {"color": colour, "alpha": 0.5, "markersize": 7, "markeredgewidth": 0.9, "linestyle": "none"}
    axes.plot([across.own_low[m], across.own_high[m]], [y, y], marker="|", **faint)  # type: ignore[arg-type]
    axes.plot([x, x], [up.own_low[m], up.own_high[m]], marker="_", **faint)  # type: ignore[arg-type]
