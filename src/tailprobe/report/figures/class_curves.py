"""Precision over recall, F1 over thresholds and calibration, of single classes."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from tailprobe.report.frame import new_figure
from tailprobe.report.look import look
from tailprobe.report.style import FAINT, MUTED, colours_of, styled
from tailprobe.report.text import fitted, shown

Curve = Mapping[str, np.ndarray]  # precision, f1 (P,) at the steps, score, share (B,) of bins; NaN where undefined
_NAMES = 0.9  # inches that the classes' names and the gaps take
_HEADS = ("precision at recall", "F1 at threshold", "share of positives at score")


@styled
def class_curves(
    curves: Mapping[str, Mapping[str, Curve]],
    *,
    steps: Float[np.ndarray, " P"],
    encoder: str,
    colours: Mapping[str, str] | None = None,
    limit: int = 6,
) -> Figure:
    """Draw three curves per class: one row per class, one line per method.

    Args:
        curves: by class, then by method; the first `limit` classes are drawn.
        steps: (P,) recalls and thresholds.
    """
    names = list(curves)[:limit]
    methods = list(curves[names[0]])
    colours = {**colours_of(methods, colours), "baseline": MUTED}  # its grey is too pale for lines
    left_out = len(curves) - len(names)
    figure = new_figure(
        title="The rarest classes: precision, thresholds, calibration",
        subtitle=f"test parts of all seeds joined · encoder {shown(encoder, 40)}",
        caption="On the dotted line scores are probabilities."
        + (f" The {len(names)} rarest classes; {left_out} more are on the page." if left_out else ""),
        key=[(Line2D([], [], color=colours[m], linewidth=1.6), shown(m, 34)) for m in methods],
        body=1.75 * len(names),
    )
    panels = figure.subplots(len(names), 3, squeeze=False, sharex=True, sharey=True)
    for row, name in zip(panels, names, strict=True):
        for method, curve in curves[name].items():
            _row(list(row), curve, steps, colours[method])
        row[0].set_ylabel(shown(name, 24))
    for axes, head in zip(panels[0], _HEADS, strict=True):
        words, size = fitted(head, (look().width - _NAMES) / len(_HEADS), 9)
        axes.set_title(words, fontsize=size, color=MUTED)
        axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    for axes, word in zip(panels[-1], ("recall", "threshold", "score"), strict=True):
        axes.set_xlabel(word)
    return figure


def _row(row: Sequence[Axes], curve: Curve, steps: Float[np.ndarray, " P"], colour: str) -> None:
    row[0].plot(steps, curve["precision"], color=colour, linewidth=1.4)
    row[1].plot(steps, curve["f1"], color=colour, linewidth=1.4)
    row[2].plot([0, 1], [0, 1], color=FAINT, linewidth=0.9, linestyle=":")
    row[2].plot(curve["score"], curve["share"], "o-", color=colour, linewidth=1.2, markersize=3)
    for axes in row:
        axes.grid(True)
