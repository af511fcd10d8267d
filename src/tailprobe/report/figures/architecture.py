"""The model: a frozen encoder and the small head that is trained on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Polygon, Rectangle

from tailprobe.paper.counterparts import counterpart_note
from tailprobe.report.frame import EDGE, canvas, new_figure
from tailprobe.report.look import look
from tailprobe.report.style import INK, LOW_FREQUENCY, MUTED, mix, styled
from tailprobe.report.text import shown, truncate_to_width

_ICE, _EMBER, _PLAIN = "#0072b2", LOW_FREQUENCY, "#8a939c"
_MIDDLE = 1.3  # height of the line along which data flows, as all places below in inches at full size
_HEIGHT = 2.6  # of one row
_WHOLE, _HALF = 8.8, 4.45  # widths of one row, and of each of two where one would be too small to read
_ONE_ROW = 6.5  # inches from which all stands in one row
_SMALLEST = 0.78  # letters shrink no further than to this share of their size


@dataclass(frozen=True)
class _Sheet:
    """A row of the picture, with its letters of the size that the figure's width leaves."""

    axes: Axes
    letters: float  # their size, of that at full size
    scale: float  # of all places

    def write(self, x: float, y: float, text: str, size: float, **style: Any) -> None:  # noqa: ANN401 - matplotlib's
        """Write a text whose size is given in points at full size."""
        self.axes.text(x, y, text, fontsize=size * self.letters, **{"ha": "center", "va": "center", **style})

    def fitted(self, name: str, inches: float, size: float, *, bold: bool) -> str:
        """Return a name short enough for a place."""
        return truncate_to_width(name, inches * self.scale, size * self.letters, bold=bold)


@styled
def architecture(
    encoders: Sequence[tuple[str, int]],
    *,
    head_width: int,
    dropout: float,
    classes: int,
    loss: str,
    links: Sequence[str] = ("sigmoid",),
) -> Figure:
    """Draw the way from an image to a score a class, with the sizes and the number of trained parameters.

    Args:
        encoders: name and width D of each frozen encoder; each has heads of its own.
        head_width: width of the hidden layer.
        classes: C.
        loss: its name, e.g. "binary cross-entropy".
        links: what turns logits into scores, one or more: "sigmoid", "softmax".
    """
    rows = 1 if look().width >= _ONE_ROW else 2
    inside = look().width - 2 * EDGE
    scale = inside / (_WHOLE if rows == 1 else _HALF)
    figure = new_figure(
        title="One frozen encoder, one small trained head",
        subtitle=counterpart_note("architecture"),
        caption=_caption(encoders, head_width, classes),
        body=rows * _HEIGHT * scale,
    )
    first, *more = [_Sheet(axes, max(scale, _SMALLEST), scale) for axes in _rows(figure, rows, inside / scale)]
    _encoded(first, encoders)
    layers = (
        ("Linear", f"{encoders[0][1]:,} → {head_width}" if _one_width(encoders) else f"D → {head_width}", True),
        ("ReLU", "", False),
        ("Dropout", f"{dropout:g}", False),
        ("Linear", f"{head_width} → {classes:,}", True),
        (" or\n".join(links).capitalize(), "", False),
    )
    _head(more[0] if more else first, 0.3 if more else 4.45, layers, loss=loss, classes=classes)
    return figure


def _rows(figure: Figure, rows: int, width: float) -> list[Axes]:
    """Return the axes of each row, the first on top, in inches at full size."""
    whole = canvas(figure)
    whole.set(xlim=(0, width), ylim=(0, rows * _HEIGHT))
    if rows == 1:
        return [whole]
    place = whole.get_position()
    whole.remove()
    step = place.height / rows
    found = [figure.add_axes((place.x0, place.y1 - (r + 1) * step, place.width, step)) for r in range(rows)]
    for axes in found:
        axes.set(xlim=(0, width), ylim=(0, _HEIGHT))
        axes.axis("off")
    return found


def _one_width(encoders: Sequence[tuple[str, int]]) -> bool:
    return len({width for _, width in encoders}) == 1


def _encoded(sheet: _Sheet, encoders: Sequence[tuple[str, int]]) -> None:
    listed = encoders[:4]
    _images(sheet, 0.12)
    _encoder(sheet, 1.38, listed, more=len(encoders) - len(listed))
    width = f"{encoders[0][1]:,}" if _one_width(encoders) else "D"
    _vector(sheet, 3.62, f"{width} numbers\nan image")


def _head(sheet: _Sheet, x: float, layers: Sequence[tuple[str, str, bool]], *, loss: str, classes: int) -> None:
    start = x
    for top, under, trained in layers:
        _layer(sheet, x, top, under, trained=trained)
        x += 0.67
    _brace(sheet, start - 0.05, x - 0.09, "trained head")
    sheet.write((start + x - 0.14) / 2, _MIDDLE - 1.08, f"trained by {shown(loss, 60)}", 8.5, va="top")
    _scores(sheet, x + 0.06, classes)


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


def _images(sheet: _Sheet, x: float) -> None:
    for step, shade in enumerate(("#cfe3d6", "#a9cdb6", "#7fb394")):
        left, low = x + 0.09 * step, _MIDDLE - 0.45 + 0.09 * (2 - step)
        sheet.axes.add_patch(Rectangle((left, low), 0.72, 0.72, facecolor=shade, edgecolor="white", linewidth=1.2))
    sheet.axes.add_patch(Polygon(_river(x + 0.18, _MIDDLE - 0.45), facecolor="#e9dcc3", edgecolor="none"))
    sheet.write(x + 0.45, _MIDDLE - 0.7, "images", 8.5, va="top", color=MUTED)
    _arrow(sheet, x + 0.97, x + 1.22)


def _river(x: float, y: float) -> list[tuple[float, float]]:
    along = np.linspace(0, 0.72, 24)
    bend = 0.3 + 0.12 * np.sin(along * 8)
    return [*zip(x + bend, y + along, strict=True), *zip(x + bend[::-1] + 0.11, y + along[::-1], strict=True)]


def _encoder(sheet: _Sheet, x: float, encoders: Sequence[tuple[str, int]], *, more: int) -> None:
    corners = [(x, _MIDDLE - 0.98), (x, _MIDDLE + 0.98), (x + 1.85, _MIDDLE + 0.62), (x + 1.85, _MIDDLE - 0.62)]
    sheet.axes.add_patch(
        Polygon(corners, facecolor=mix(_ICE, "#ffffff", 0.88), edgecolor=_ICE, linewidth=1.2, joinstyle="round")
    )
    _snowflake(sheet, x + 0.17, _MIDDLE + 1.14)
    sheet.write(x + 0.36, _MIDDLE + 1.14, "frozen encoder", 9, ha="left", color=_ICE, fontweight="bold")
    few = len(encoders) < 3
    lines = [
        (sheet.fitted(name, 1.6 if few else 1.25, 9.0 if few else 8.0, bold=few), f"D = {width:,}")
        for name, width in encoders
    ]
    lines += [(f"and {more} more", "")] if more > 0 else []
    step = 0.44 if few else 0.26
    for i, (name, width) in enumerate(lines):
        y = _MIDDLE + step * ((len(lines) - 1) / 2 - i)
        if few:
            sheet.write(x + 0.92, y + 0.07, name, 9, fontweight="bold")
            sheet.write(x + 0.92, y - 0.1, width, 8, color=MUTED)
        else:
            sheet.write(x + 0.92, y, f"{name} {width.removeprefix('D = ')}".rstrip(), 8)
    _arrow(sheet, x + 1.9, x + 2.2)


def _snowflake(sheet: _Sheet, x: float, y: float, radius: float = 0.11) -> None:
    for angle in np.arange(6) * np.pi / 3 + np.pi / 6:
        tip = np.array([np.cos(angle), np.sin(angle)]) * radius
        sheet.axes.plot([x, x + tip[0]], [y, y + tip[1]], color=_ICE, linewidth=1.3, solid_capstyle="round")
        for turn in (-0.7, 0.7):
            twig = np.array([np.cos(angle + turn), np.sin(angle + turn)]) * radius * 0.38
            root = 0.55 * tip
            sheet.axes.plot(
                [x + root[0], x + root[0] + twig[0]], [y + root[1], y + root[1] + twig[1]], color=_ICE, linewidth=1
            )


def _vector(sheet: _Sheet, x: float, text: str) -> None:
    shades = [0.15, 0.6, 0.35, 0.8, 0.5, 0.25, 0.7, 0.45]
    for i, shade in enumerate(shades):
        low = _MIDDLE + 0.13 * (i - len(shades) / 2)
        sheet.axes.add_patch(
            Rectangle((x, low), 0.2, 0.13, facecolor=mix(_ICE, "#ffffff", shade), edgecolor="white", linewidth=0.8)
        )
    sheet.write(x + 0.1, _MIDDLE - 0.7, text, 8, va="top", color=MUTED)
    sheet.write(x + 0.1, _MIDDLE + 0.6, "embedding", 8.5, va="bottom")
    _arrow(sheet, x + 0.28, x + 0.73)


def _layer(sheet: _Sheet, x: float, top: str, under: str, *, trained: bool) -> None:
    colour = _EMBER if trained else _PLAIN
    half = 0.62 if trained else 0.42
    sheet.axes.add_patch(
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
    sheet.write(x + 0.25, _MIDDLE, top, 9, rotation=90, fontweight="bold" if trained else "normal")
    sheet.write(x + 0.25, _MIDDLE - 0.7, under, 8, va="top", color=MUTED)
    _arrow(sheet, x + 0.52, x + 0.65, head=5.0)


def _brace(sheet: _Sheet, left: float, right: float, text: str) -> None:
    y = _MIDDLE + 0.82
    sheet.axes.plot([left, left, right, right], [y - 0.07, y, y, y - 0.07], color=_EMBER, linewidth=1.2)
    sheet.write((left + right) / 2, y + 0.08, text, 9, va="bottom", color=_EMBER, fontweight="bold")


def _scores(sheet: _Sheet, x: float, classes: int) -> None:
    for i, score in enumerate((0.9, 0.35, 0.7, 0.15, 0.05)):
        low = _MIDDLE + 0.34 - 0.17 * i
        sheet.axes.add_patch(Rectangle((x, low), 0.62, 0.11, facecolor="#eceff2", edgecolor="none"))
        sheet.axes.add_patch(Rectangle((x, low), 0.62 * score, 0.11, facecolor=INK, edgecolor="none"))
    sheet.write(x + 0.31, _MIDDLE + 0.6, "scores", 8.5, va="bottom")
    sheet.write(x + 0.31, _MIDDLE - 0.7, f"{classes:,}\nclasses", 8, va="top", color=MUTED)


def _arrow(sheet: _Sheet, start: float, end: float, head: float = 8.0) -> None:
    style = {"arrowstyle": "-|>", "color": MUTED, "shrinkA": 0, "shrinkB": 0, "mutation_scale": head, "linewidth": 1}
    sheet.axes.annotate("", (end, _MIDDLE), (start, _MIDDLE), arrowprops=style)
