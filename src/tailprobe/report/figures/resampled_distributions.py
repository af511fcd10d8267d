"""What methods do to the classes: the counts before and after."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Bool, Int
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from tailprobe.paper.counterparts import counterpart_note
from tailprobe.report.figures.class_distribution import bars, imbalance, ranks
from tailprobe.report.frame import new_figure
from tailprobe.report.look import look, panels_across
from tailprobe.report.style import INK, LOW_FREQUENCY, MUTED, REMAINING, styled
from tailprobe.report.text import fitted, shown_all

_MOST_BARS = 45
_PANELS_A_ROW = 3
_NAMES = 1.2  # inches that the names of the classes take, about


@styled
def resampled_distributions(
    counts: Mapping[str, Int[np.ndarray, " C"]],
    classes: Sequence[str],
    low_frequency: Bool[np.ndarray, " C"],
    *,
    rows: Mapping[str, int],
    distinct: Mapping[str, int],
) -> Figure:
    """Draw the counts under each method that changes them, with those of the original training part.

    Args:
        counts: (C,) rows that carry each class, of the training part as it was (first) and under each method. Classes
            are in descending order of the first.
        rows: rows drawn, by the same names.
        distinct: distinct images among them.
    """
    few = len(classes) <= _MOST_BARS
    across = min(panels_across(2.2, most=_PANELS_A_ROW), len(counts))
    down = -(-len(counts) // across)
    figure = new_figure(
        title="What each method draws",
        subtitle=f"rows of the training part that carry each class · {counterpart_note('resampled_distributions')}",
        caption="Each panel has its own scale: compare the shapes, read the numbers. "
        "A row that carries several classes counts in each.",
        key=[(Patch(color=LOW_FREQUENCY), "low-frequency"), (Patch(color=REMAINING), "remaining")],
        body=down * (0.75 + (0.215 * len(classes) if few else 2.6)),
    )
    order = np.argsort(-next(iter(counts.values())), kind="stable")
    names = shown_all([classes[c] for c in order], 26)
    colours = np.where(low_frequency, LOW_FREQUENCY, REMAINING)[order].tolist()
    panels = figure.subplots(down, across, squeeze=False, sharey=few).ravel()
    room = (look().width - _NAMES) / across - 0.1
    for axes, (name, own) in zip(panels, counts.items(), strict=False):
        if few:
            bars(axes, own[order], names, colours, size=7.5, room=1.2)
        else:
            ranks(axes, own[order], names, colours, size=7.5)
        sizes = f"{rows[name]:,} rows, {distinct[name]:,} distinct images\n{imbalance(own)}"
        heading, points = fitted(name, room, 9.5, bold=True)
        axes.set_title(heading, fontsize=points, fontweight="bold", color=INK, pad=30)
        axes.annotate(
            sizes,
            (0, 1),
            (0, 4),
            xycoords="axes fraction",
            textcoords="offset points",
            va="bottom",
            fontsize=8,
            color=MUTED,
        )
    for axes in panels[len(counts) :]:
        axes.set_visible(False)
    return figure
