"""How many images carry each class: the long tail."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Int
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from tailprobe.paper.counterparts import counterpart_note
from tailprobe.report.frame import new_figure
from tailprobe.report.style import INK, LOW_FREQUENCY, MUTED, REMAINING, styled
from tailprobe.report.text import shown, shown_all

_MOST_BARS = 45  # above this, bars would be thinner than their names; a curve over ranks takes their place


@styled
def class_distribution(
    counts: Int[np.ndarray, " C"],
    classes: Sequence[str],
    low_frequency: Bool[np.ndarray, " C"],
    *,
    definition: str,
) -> Figure:
    """Draw the images that carry each class, most frequent first, the low-frequency classes in colour.

    Args:
        counts: (C,) images that carry each class.
        low_frequency: (C,) True for the low-frequency classes.
        definition: how they were chosen, e.g. "at or below the 25th percentile (340 images)".
    """
    few = len(classes) <= _MOST_BARS
    key = [(Patch(color=LOW_FREQUENCY), f"low-frequency ({int(low_frequency.sum())}): {shown(definition, 90)}")]
    key += [(Patch(color=REMAINING), f"remaining ({int((~low_frequency).sum())})")]
    figure = new_figure(
        title="Images that carry each class",
        subtitle=f"{len(classes)} classes, {imbalance(counts)} · {counterpart_note('class_distribution')}",
        caption="" if few else "Classes in descending order of their images, on a logarithmic scale.",
        key=key,
        body=0.45 + 0.235 * len(classes) if few else 3.8,
    )
    order = np.argsort(-counts, kind="stable")
    names = shown_all([classes[c] for c in order], 30)
    draw = bars if few else ranks
    draw(figure.subplots(), counts[order], names, np.where(low_frequency, LOW_FREQUENCY, REMAINING)[order].tolist())
    return figure


def imbalance(counts: Int[np.ndarray, " C"]) -> str:
    """Return the imbalance ratio in words: images of the largest class to one of the smallest.

    >>> imbalance(np.array([600, 2])), imbalance(np.array([5, 0]))
    ('imbalance 300 to 1', '1 class without an image')
    """
    empty = int((counts == 0).sum())
    if empty or not len(counts):
        return f"{empty} class{'' if empty == 1 else 'es'} without an image"
    ratio = counts.max() / counts.min()
    return f"imbalance {ratio:,.0f} to 1" if ratio >= 9.95 else f"imbalance {ratio:.1f} to 1"


def bars(
    axes: Axes,
    counts: Int[np.ndarray, " C"],
    names: Sequence[str],
    colours: Sequence[str],
    *,
    size: float = 8.0,
    room: float = 1.07,
) -> None:
    """Draw one lying bar a class from the top down, its count written at its end."""
    rows = np.arange(len(counts))
    axes.barh(rows, counts, color=colours, height=0.72)
    for row, count in zip(rows, counts, strict=True):
        axes.annotate(
            f"{count:,}", (count, row), (3, 0), textcoords="offset points", va="center", fontsize=size, color=MUTED
        )
    axes.set_yticks(rows, names)
    for label, colour in zip(axes.get_yticklabels(), colours, strict=False):  # none where a neighbour names the rows
        label.set_color(colour if colour == LOW_FREQUENCY else INK)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlim(0, counts.max(initial=1) * room)  # the longest bar's count is written inside
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    axes.tick_params(axis="y", length=0)


def ranks(
    axes: Axes, counts: Int[np.ndarray, " C"], names: Sequence[str], colours: Sequence[str], *, size: float = 8.0
) -> None:
    """Draw many classes as dots over their rank on a logarithmic scale, the first and the last by name."""
    places = np.arange(1, len(counts) + 1)
    axes.scatter(places, np.maximum(counts, 0.5), s=14, c=colours, linewidths=0)
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(
        FuncFormatter(lambda value, _: f"{value:,.0f}" if value >= 1 else "0" if value == 0.5 else "")
    )
    axes.yaxis.set_minor_locator(NullLocator())
    axes.set_xlabel("rank of the class")
    axes.set_title("images", fontsize=8.5, color=MUTED)
    axes.grid(axis="y")
    axes.margins(x=0.02, y=0.12)
    for place, side, below in ((0, "left", 0), (len(counts) - 1, "right", -11)):
        text = f"{names[place]}: {counts[place]:,}"
        spot = (places[place], max(counts[place], 0.5))
        away = (8 if side == "left" else 4, below or 4)
        axes.annotate(text, spot, away, textcoords="offset points", ha=side, va="center", fontsize=size)
