"""The paper's Figures 2 and 3 as sketches: what reweighting does to the loss, and resampling to the rows."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from tailprobe.report.frame import canvas, new_figure
from tailprobe.report.style import INK, LOW_FREQUENCY, MUTED, REMAINING, mix, styled

FACTOR = 3  # of the sketch of reweighting
_LOSSES = (0.30, 0.22, 0.26, 0.35, 0.18, 0.31)  # of six images; which of them carry a low-frequency class:
_RARE = (False, False, True, False, True, False)
_COUNTS = (12, 8, 5, 3, 2)  # images of five classes, of which the last two are low-frequency
_CLASSES = ("A", "B", "C", "D", "E")
_LEAST_FREQUENT = 2
_CELL = 0.2  # inches a row


@styled
def reweighting_sketch() -> Figure:
    """Draw the loss of six images without and with the factor k on those that carry a low-frequency class."""
    figure = new_figure(
        title="Reweighting: the loss of an image that carries a low-frequency class, times k",
        subtitle="counterpart of the paper's Figure 2",
        caption=f"A sketch with k = {FACTOR}. Every other image keeps its loss, and every image is still drawn once an "
        "epoch. An image of several classes has one factor: its frequent classes are up-weighted with it.",
        key=[(Patch(color=colour), name) for colour, name in _key()],
        body=2.5,
    )
    axes = canvas(figure)
    for left, title, factor in (
        (0.5, "baseline: ℓ(x, y)", 1),
        (4.9, "reweighted: k ℓ(x, y) if y is low-frequency", FACTOR),
    ):
        axes.text(left, 2.35, title, fontsize=9.5, fontweight="bold", va="top")
        _losses(axes, left, factor)
    return figure


def drawn_rows(counts: Sequence[int], *, low: int, high: int) -> tuple[list[int], list[int]]:
    """Return the rows of each class after undersampling to `low` and after oversampling to `high`.

    >>> drawn_rows((12, 5, 2), low=2, high=12)
    ([2, 2, 2], [12, 12, 12])
    """
    return [min(n, low) for n in counts], [max(n, high) for n in counts]


@styled
def resampling_sketch() -> Figure:
    """Draw the rows of five classes as they are, undersampled to the least and oversampled to the most frequent."""
    under, over = drawn_rows(_COUNTS, low=min(_COUNTS), high=max(_COUNTS))
    figure = new_figure(
        title="Resampling: rows of an epoch, class by class",
        subtitle="counterpart of the paper's Figure 3",
        caption="A sketch of five classes with one label an image. Undersampling leaves a random choice of each class, "
        "here as many as the rarest has; oversampling keeps every image at least once and repeats some at random, here "
        "to as many as the most frequent class has. With several labels per image not all targets can be met at once.",
        key=[(Patch(color=colour), name) for colour, name in _key()]
        + [(Patch(facecolor="white", edgecolor=INK, hatch="////"), "repeated image")],
        body=max(_COUNTS) * _CELL + 1.0,
    )
    axes = canvas(figure)
    panels = (("as they are", list(_COUNTS)), ("(a) undersampled", under), ("(b) oversampled", over))
    for place, (title, rows) in enumerate(panels):
        left = 0.4 + 2.95 * place
        axes.text(left, max(_COUNTS) * _CELL + 0.9, title, fontsize=9.5, fontweight="bold", va="top")
        for c, number in enumerate(rows):
            _stack(
                axes, left + 0.45 * c, number, distinct=min(number, _COUNTS[c]), rare=c >= len(rows) - _LEAST_FREQUENT
            )
            axes.text(left + 0.45 * c + 0.17, 0.28, _CLASSES[c], ha="center", va="top", fontsize=9)
            axes.text(left + 0.45 * c + 0.17, 0.1, f"{number}", ha="center", va="top", fontsize=8, color=MUTED)
    return figure


def paper_sketches() -> dict[str, Figure]:
    """Return both sketches by the names of their files."""
    return {"paper_figure_2": reweighting_sketch(), "paper_figure_3": resampling_sketch()}


def _key() -> list[tuple[str, str]]:
    return [(LOW_FREQUENCY, "low-frequency"), (REMAINING, "remaining")]


def _losses(axes: Axes, left: float, factor: int) -> None:
    scale = 1.6 / (FACTOR * max(_LOSSES))
    for i, (loss, rare) in enumerate(zip(_LOSSES, _RARE, strict=True)):
        colour, x = (LOW_FREQUENCY if rare else REMAINING), left + 0.58 * i
        axes.add_patch(Rectangle((x, 0.3), 0.4, scale * loss, facecolor=colour, edgecolor="none"))
        if rare and factor > 1:
            added = Rectangle((x, 0.3 + scale * loss), 0.4, scale * loss * (factor - 1))
            added.set(facecolor=mix(colour, "#ffffff", 0.6), edgecolor=colour, linestyle=(0, (3, 2)))
            axes.add_patch(added)
            axes.text(x + 0.2, 0.36 + scale * loss * factor, f"× {factor}", ha="center", va="bottom", fontsize=9)
        axes.text(x + 0.2, 0.22, f"image {i + 1}", ha="center", va="top", fontsize=8, color=MUTED)
    axes.plot([left - 0.08, left + 3.4], [0.3, 0.3], color=MUTED, linewidth=0.8)


def _stack(axes: Axes, left: float, number: int, *, distinct: int, rare: bool) -> None:
    colour = LOW_FREQUENCY if rare else REMAINING
    for row in np.arange(number):
        repeated = row >= distinct
        cell = Rectangle((left, 0.35 + _CELL * row), 0.34, _CELL * 0.82, edgecolor=colour, linewidth=0.8)
        cell.set(facecolor="white" if repeated else colour, hatch="////" if repeated else None)
        axes.add_patch(cell)
