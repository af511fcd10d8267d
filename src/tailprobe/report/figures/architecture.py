"""The model: a frozen encoder and the small head that is trained on it."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Polygon, Rectangle

from tailprobe.paper.counterparts import counterpart_note
from tailprobe.report.frame import canvas, new_figure
from tailprobe.report.look import SCREEN_WIDTH, look
from tailprobe.report.style import INK, LOW_FREQUENCY, MUTED, mix, styled
from tailprobe.report.text import shown, truncate_to_width

_ICE, _EMBER, _PLAIN = "#0072b2", LOW_FREQUENCY, "#8a939c"
_MIDDLE = 1.3  # inches, height of the line along which data flows


@styled
def architecture(
    encoders: Sequence[tuple[str, int]],
    *,
    head_width: int,
    dropout: float,
    classes: int,
    loss: str,
) -> Figure:
    """Draw the way from an image to a score a class, with the sizes and the number of trained parameters.

    Args:
        encoders: name and width D of each frozen encoder; each has heads of its own.
        head_width: width of the hidden layer.
        classes: C.
        loss: its name, e.g. "binary cross-entropy".
    """
    listed = encoders[:4]
    figure = new_figure(
        title="One frozen encoder, one small trained head",
        subtitle=counterpart_note("architecture"),
        caption=_caption(encoders, head_width, classes),
        body=2.6,
        width=max(look().width, SCREEN_WIDTH),  # positions are fixed; a paper scales it down
    )
    axes = canvas(figure)
    _images(axes, 0.12)
    _encoder(axes, 1.38, listed, more=len(encoders) - len(listed))
    width = f"{listed[0][1]:,}" if len({width for _, width in encoders}) == 1 else "D"
    _vector(axes, 3.62, f"{width} numbers\nan image")
    x = 4.45
    for top, under, trained in (
        ("Linear", f"{width} → {head_width}", True),
        ("ReLU", "", False),
        ("Dropout", f"{dropout:g}", False),
        ("Linear", f"{head_width} → {classes:,}", True),
        ("Sigmoid", "", False),
    ):
        _layer(axes, x, top, under, trained=trained)
        x += 0.67
    _brace(axes, 4.4, x - 0.09, "trained head")
    axes.text(
        (4.4 + x - 0.09) / 2, _MIDDLE - 1.02, f"trained by {shown(loss, 50)}", ha="center", va="top", fontsize=8.5
    )
    _scores(axes, x + 0.06, classes)
    return figure


def head_parameters(width: int, head_width: int, classes: int) -> int:
    """Return the trained numbers of Linear(width, head_width) and Linear(head_width, classes), biases included.

    >>> head_parameters(512, 128, 17)
    67857
    """
    return width * head_width + head_width + head_width * classes + classes


def _caption(encoders: Sequence[tuple[str, int]], head_width: int, classes: int) -> str:
    sizes = "; ".join(f"{head_parameters(width, head_width, classes):,} for {shown(name)}" for name, width in encoders)
    return (
        f"Trained parameters of one head: {sizes}. The encoder is run once an image and never changes; D is its width."
    )


def _images(axes: Axes, x: float) -> None:
    for step, shade in enumerate(("#cfe3d6", "#a9cdb6", "#7fb394")):
        left, low = x + 0.09 * step, _MIDDLE - 0.45 + 0.09 * (2 - step)
        axes.add_patch(Rectangle((left, low), 0.72, 0.72, facecolor=shade, edgecolor="white", linewidth=1.2))
    axes.add_patch(Polygon(_river(x + 0.18, _MIDDLE - 0.45), facecolor="#e9dcc3", edgecolor="none"))
    axes.text(x + 0.45, _MIDDLE - 0.7, "images", ha="center", va="top", fontsize=8.5, color=MUTED)
    _arrow(axes, x + 0.97, x + 1.22)


def _river(x: float, y: float) -> list[tuple[float, float]]:
    along = np.linspace(0, 0.72, 24)
    bend = 0.3 + 0.12 * np.sin(along * 8)
    return [*zip(x + bend, y + along, strict=True), *zip(x + bend[::-1] + 0.11, y + along[::-1], strict=True)]


def _encoder(axes: Axes, x: float, encoders: Sequence[tuple[str, int]], *, more: int) -> None:
    corners = [(x, _MIDDLE - 0.98), (x, _MIDDLE + 0.98), (x + 1.85, _MIDDLE + 0.62), (x + 1.85, _MIDDLE - 0.62)]
    axes.add_patch(
        Polygon(corners, facecolor=mix(_ICE, "#ffffff", 0.88), edgecolor=_ICE, linewidth=1.2, joinstyle="round")
    )
    _snowflake(axes, x + 0.17, _MIDDLE + 1.14)
    axes.text(x + 0.36, _MIDDLE + 1.14, "frozen encoder", va="center", fontsize=9, color=_ICE, fontweight="bold")
    few = len(encoders) < 3
    lines = [
        (truncate_to_width(name, 1.6 if few else 1.25, 9.0 if few else 8.0, bold=few), f"D = {width:,}")
        for name, width in encoders
    ]
    lines += [(f"and {more} more", "")] if more > 0 else []
    step = 0.44 if few else 0.26
    for i, (name, width) in enumerate(lines):
        y = _MIDDLE + step * ((len(lines) - 1) / 2 - i)
        if few:
            axes.text(x + 0.92, y + 0.07, name, ha="center", va="center", fontsize=9, fontweight="bold")
            axes.text(x + 0.92, y - 0.1, width, ha="center", va="center", fontsize=8, color=MUTED)
        else:
            axes.text(
                x + 0.92, y, f"{name} {width.removeprefix('D = ')}".rstrip(), ha="center", va="center", fontsize=8
            )
    _arrow(axes, x + 1.9, x + 2.2)


def _snowflake(axes: Axes, x: float, y: float, radius: float = 0.11) -> None:
    for angle in np.arange(6) * np.pi / 3 + np.pi / 6:
        tip = np.array([np.cos(angle), np.sin(angle)]) * radius
        axes.plot([x, x + tip[0]], [y, y + tip[1]], color=_ICE, linewidth=1.3, solid_capstyle="round")
        for turn in (-0.7, 0.7):
            twig = np.array([np.cos(angle + turn), np.sin(angle + turn)]) * radius * 0.38
            root = 0.55 * tip
            axes.plot(
                [x + root[0], x + root[0] + twig[0]], [y + root[1], y + root[1] + twig[1]], color=_ICE, linewidth=1
            )


def _vector(axes: Axes, x: float, text: str) -> None:
    shades = [0.15, 0.6, 0.35, 0.8, 0.5, 0.25, 0.7, 0.45]
    for i, shade in enumerate(shades):
        low = _MIDDLE + 0.13 * (i - len(shades) / 2)
        axes.add_patch(
            Rectangle((x, low), 0.2, 0.13, facecolor=mix(_ICE, "#ffffff", shade), edgecolor="white", linewidth=0.8)
        )
    axes.text(x + 0.1, _MIDDLE - 0.7, text, ha="center", va="top", fontsize=8, color=MUTED)
    axes.text(x + 0.1, _MIDDLE + 0.6, "embedding", ha="center", va="bottom", fontsize=8.5)
    _arrow(axes, x + 0.28, x + 0.73)


def _layer(axes: Axes, x: float, top: str, under: str, *, trained: bool) -> None:
    colour = _EMBER if trained else _PLAIN
    half = 0.62 if trained else 0.42
    axes.add_patch(
        FancyBboxPatch(
            (x, _MIDDLE - half),
            0.5,
            2 * half,
            boxstyle="round,pad=0,rounding_size=0.07",
            facecolor=mix(colour, "#ffffff", 0.85),
            edgecolor=colour,
            linewidth=1.2,
        )
    )
    axes.text(
        x + 0.25,
        _MIDDLE,
        top,
        rotation=90,
        ha="center",
        va="center",
        fontsize=9,
        fontweight="bold" if trained else "normal",
    )
    axes.text(x + 0.25, _MIDDLE - 0.7, under, ha="center", va="top", fontsize=8, color=MUTED)
    _arrow(axes, x + 0.52, x + 0.65, head=5.0)


def _brace(axes: Axes, left: float, right: float, text: str) -> None:
    y = _MIDDLE + 0.82
    axes.plot([left, left, right, right], [y - 0.07, y, y, y - 0.07], color=_EMBER, linewidth=1.2)
    axes.text((left + right) / 2, y + 0.08, text, ha="center", va="bottom", fontsize=9, color=_EMBER, fontweight="bold")


def _scores(axes: Axes, x: float, classes: int) -> None:
    for i, score in enumerate((0.9, 0.35, 0.7, 0.15, 0.05)):
        low = _MIDDLE + 0.34 - 0.17 * i
        axes.add_patch(Rectangle((x, low), 0.62, 0.11, facecolor="#eceff2", edgecolor="none"))
        axes.add_patch(Rectangle((x, low), 0.62 * score, 0.11, facecolor=INK, edgecolor="none"))
    axes.text(x + 0.31, _MIDDLE + 0.6, "scores", ha="center", va="bottom", fontsize=8.5)
    axes.text(x + 0.31, _MIDDLE - 0.7, f"{classes:,} classes", ha="center", va="top", fontsize=8, color=MUTED)


def _arrow(axes: Axes, start: float, end: float, head: float = 8.0) -> None:
    style = {"arrowstyle": "-|>", "color": MUTED, "shrinkA": 0, "shrinkB": 0, "mutation_scale": head, "linewidth": 1}
    axes.annotate("", (end, _MIDDLE), (start, _MIDDLE), arrowprops=style)
