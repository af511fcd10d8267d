"""Figure of `size`: measured scores with their bands, the fitted curve, and where it leads."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from tailprobe.investigate.size.answer import ClassCurve, SizeAnswer
from tailprobe.report.frame import new_figure
from tailprobe.report.style import INK, LOW_FREQUENCY, MUTED, REMAINING, styled
from tailprobe.report.text import shown
from tailprobe.scores.metric import metric_title

_MOST = 12  # panels
_AHEAD = 8  # times the images that there are
_WORD = {"jump": "jump", "steady": "steady growth", "flat": "flat", "open": "shape open"}


@styled
def size_figure(answer: SizeAnswer) -> Figure:
    """Draw one panel per class: score against training images, doubling by doubling; the first 12 classes."""
    drawn = answer.classes[:_MOST]
    columns = min(3, len(drawn))
    rows = -(-len(drawn) // columns)
    left_out = len(answer.classes) - len(drawn)
    figure = new_figure(
        title="How the score of a class grows with its training images",
        subtitle=f"{metric_title(answer.metric)} on test images · all other classes as they are",
        caption="Whiskers hold for all steps of a class at once (95%). Right of the dotted line the curve is an "
        "extrapolation, with its 95% interval." + (f" {left_out} more classes are in the table." if left_out else ""),
        key=[
            (Line2D([], [], color=INK, marker="o", linestyle="none", markersize=4), "measured"),
            (Line2D([], [], color=LOW_FREQUENCY, linewidth=1.6), "power law with an asymptote"),
            (Patch(color=LOW_FREQUENCY, alpha=0.2, linewidth=0), "its 95% interval"),
        ],
        body=2.1 * rows,
    )
    panels = figure.subplots(rows, columns, squeeze=False, sharey=True).ravel()
    for axes, found in zip(panels, drawn, strict=False):
        _panel(axes, found)
    for axes in panels[len(drawn) :]:
        axes.axis("off")
    for axes in panels[max(len(drawn) - columns, 0) : len(drawn)]:
        axes.set_xlabel("training images of the class")
    for axes in panels[::columns]:
        axes.set_ylabel(shown(metric_title(answer.metric), 24))
    return figure


def _panel(axes: Axes, found: ClassCurve) -> None:
    images, most = found.steps.images, int(found.steps.images[-1])
    numbers = np.geomspace(1, _AHEAD * most, 60)
    middle, low, high = found.curve.interval(numbers)
    axes.fill_between(numbers, low, high, color=LOW_FREQUENCY, alpha=0.2, linewidth=0)
    axes.plot(numbers, middle, color=LOW_FREQUENCY, linewidth=1.4)
    axes.axvline(most, color=MUTED, linewidth=0.9, linestyle=":")
    mean = found.bands.estimate.mean
    below, above = found.bands.band_of_shares()
    whiskers = np.maximum([mean - below, above - mean], 0)
    axes.errorbar(
        images, mean, yerr=whiskers, fmt="o", color=INK, markersize=3.5, elinewidth=0.9, capsize=2, ecolor=REMAINING
    )
    axes.set_title(f"{shown(found.steps.name, 24)}: {_WORD[found.verdict.shape]}", fontsize=9, color=INK)
    axes.set_xscale("log", base=2)
    ticks = [1, *(n for n in (4, 16, 64, 256, 1024, 4096, 16384) if n <= _AHEAD * most)]
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.set_ylim(-0.02, 1.02)
    axes.grid(True)
