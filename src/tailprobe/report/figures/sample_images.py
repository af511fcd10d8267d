"""Sample images with their tags: what the classes look like."""

from collections.abc import Collection, Sequence

import numpy as np
from jaxtyping import UInt8
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from tailprobe.errors import InputError
from tailprobe.paper.counterparts import counterpart_note
from tailprobe.report.frame import EDGE, canvas, new_figure
from tailprobe.report.look import look, panels_across
from tailprobe.report.style import GRID, INK, LOW_FREQUENCY, MUTED, styled
from tailprobe.report.text import truncate_to_width

_TAG_LINES = 5
_LINE = 0.165  # inches


@styled
def sample_images(
    tiles: Sequence[UInt8[np.ndarray, "_h _w 3"]],
    tags: Sequence[Sequence[str]],
    *,
    low_frequency: Collection[str],
    columns: int = 6,
) -> Figure:
    """Draw a contact sheet: each image with its tags below, low-frequency ones first and in colour.

    Args:
        tiles: RGB images of any sizes; drawn whole, never stretched.
        tags: the tags of each.
        low_frequency: names of the low-frequency classes.
        columns: images per row at most.

    Raises:
        InputError: there is no image.
    """
    if not tiles:
        raise InputError("no sample image to show; give at least one")
    columns = min(columns, panels_across(1.4, most=columns))
    across = min(columns, len(tiles))
    side = (look().width - 2 * EDGE) / max(across, min(4, columns))
    step = side + _LINE * min(max(map(len, tags)), _TAG_LINES) + 0.1
    figure = new_figure(
        title="Sample images and their tags",
        subtitle=f"tags of low-frequency classes first, in colour · {counterpart_note('sample_images')}",
        caption="",
        body=step * -(-len(tiles) // across),
        width=max(min(4, columns), across) * side + 2 * EDGE,
    )
    axes = canvas(figure)
    top = axes.get_ylim()[1]
    for place, (tile, own) in enumerate(zip(tiles, tags, strict=True)):
        row, column = divmod(place, across)
        _tile(axes, tile, column * side, top - row * step, side - 0.1)
        _tags(axes, own, low_frequency, left=column * side, top=top - row * step - side + 0.1, side=side - 0.1)
    return figure


def _tile(axes: Axes, tile: UInt8[np.ndarray, "_h _w 3"], left: float, top: float, side: float) -> None:
    height, width = np.array(tile.shape[:2]) / max(tile.shape[:2]) * side
    axes.add_patch(Rectangle((left, top - side), side, side, facecolor=GRID, linewidth=0, zorder=-1))
    left, top = left + (side - width) / 2, top - (side - height) / 2
    limits = axes.get_xlim(), axes.get_ylim()
    axes.imshow(tile, extent=(left, left + width, top - height, top), aspect="auto", interpolation="auto")
    axes.set(xlim=limits[0], ylim=limits[1])


def _tags(
    axes: Axes, tags: Sequence[str], low_frequency: Collection[str], *, left: float, top: float, side: float
) -> None:
    ordered = sorted(tags, key=lambda tag: tag not in low_frequency)
    over = len(ordered) - _TAG_LINES
    listed = ordered if over <= 0 else ordered[: _TAG_LINES - 1]
    for line, tag in enumerate(listed):
        rare = tag in low_frequency
        colour, weight = (LOW_FREQUENCY, "bold") if rare else (INK, "normal")
        text = truncate_to_width(tag, side, 8.0, bold=rare)
        axes.text(left, top - 0.04 - _LINE * line, text, va="top", fontsize=8, color=colour, fontweight=weight)
    if over > 0:
        axes.text(
            left, top - 0.04 - _LINE * (_TAG_LINES - 1), f"and {over + 1} more", va="top", fontsize=8, color=MUTED
        )
