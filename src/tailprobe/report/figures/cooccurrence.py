"""Which classes occur on the same images."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float, Int
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from tailprobe.report.frame import new_figure
from tailprobe.report.style import INK, LOW_FREQUENCY, MUTED, styled
from tailprobe.report.text import shown_all

_MOST_NAMED = 45  # above this, rows are thinner than their names
_MOST_WRITTEN = 20  # above this, numbers do not fit into the cells
_SHARES = LinearSegmentedColormap.from_list("shares", ["#ffffff", "#cfe4f4", "#4ba3dc", "#0072b2", "#0b2f5c"])
_DIAGONAL = "#e7eaed"


@styled
def cooccurrence(
    counts: Int[np.ndarray, "C C"], classes: Sequence[str], low_frequency: Bool[np.ndarray, " C"]
) -> Figure:
    """Draw for each class (row) the share of its images that also carry each other class (column).

    Read along a row: where a rare class meets a frequent one on most of its images, drawing it more often draws the
    frequent one more often too.

    Args:
        counts: (C, C) images that carry both classes, the diagonal the images of each.
        low_frequency: (C,) True for the low-frequency classes.
    """
    few = len(classes) <= _MOST_NAMED
    height = min(0.3 * len(classes), 7.2) if few else 7.2  # inches
    figure = new_figure(
        title="Classes on the same images",
        subtitle="share of the row's images that also carry the column's class, in %"
        + ("; the row's images beside its name" if few else ""),
        caption="Classes in descending order of their images, from the top and from the left."
        + ("" if few else " Too many to be named: rows and columns are ranks."),
        key=[(Patch(color=LOW_FREQUENCY), f"low-frequency ({int(low_frequency.sum())})")] if few else [],
        body=height + (1.5 if few else 0.3),
    )
    order = np.argsort(-np.diagonal(counts), kind="stable")
    axes = figure.subplots()
    matrix = shares(counts)[np.ix_(order, order)]
    _draw(figure, axes, matrix, bar=height / 0.16)
    if few:
        names = shown_all([classes[c] for c in order], 24)
        _name(axes, names, np.diagonal(counts)[order], low_frequency[order])
    else:
        axes.set_ylabel("rank of the class")
    if len(classes) <= _MOST_WRITTEN:
        _write(axes, matrix)
    return figure


def shares(counts: Int[np.ndarray, "C C"]) -> Float[np.ndarray, "C C"]:
    """Return what share of each class's images carries each other class, NaN on the diagonal and for an empty class.

    >>> shares(np.array([[4, 1], [1, 2]]))
    array([[ nan, 0.25],
           [0.5 ,  nan]])
    """
    own = np.diagonal(counts)[:, None]
    found = np.divide(counts, own, out=np.full(counts.shape, np.nan), where=own > 0)
    np.fill_diagonal(found, np.nan)
    return found


def _draw(figure: Figure, axes: Axes, matrix: Float[np.ndarray, "C C"], *, bar: float) -> None:
    """Draw the cells and, `bar` times as high as wide, the scale of their colours."""
    end = len(matrix) + 0.5  # the first class has rank 1
    image = axes.imshow(
        100 * matrix,
        cmap=_SHARES.with_extremes(bad=_DIAGONAL),
        vmin=0,
        vmax=100,
        aspect="auto",
        interpolation="nearest",
        extent=(0.5, end, end, 0.5),
    )
    scale = figure.colorbar(image, ax=axes, fraction=0.025, pad=0.015, aspect=bar, format="%d%%")
    scale.outline.set_visible(False)
    scale.ax.tick_params(length=0, labelsize=8)
    axes.tick_params(length=0)
    axes.xaxis.tick_top()
    for spine in axes.spines.values():
        spine.set_visible(False)


def _name(
    axes: Axes, names: Sequence[str], images: Int[np.ndarray, " C"], low_frequency: Bool[np.ndarray, " C"]
) -> None:
    places = np.arange(1, len(names) + 1)
    axes.set_yticks(places, [f"{name}  {count:,}" for name, count in zip(names, images, strict=True)])
    axes.set_xticks(places, names, rotation=45, ha="left", rotation_mode="anchor")
    for labels in (axes.get_yticklabels(), axes.get_xticklabels()):
        for label, low in zip(labels, low_frequency, strict=True):
            label.set_color(LOW_FREQUENCY if low else INK)
    # Lines between the cells, in the colour of the paper.
    axes.set_xticks(places[1:] - 0.5, minor=True)
    axes.set_yticks(places[1:] - 0.5, minor=True)
    axes.grid(which="minor", color="white", linewidth=1)
    axes.tick_params(which="minor", length=0)


def _write(axes: Axes, matrix: Float[np.ndarray, "C C"]) -> None:
    for i, j in np.argwhere(~np.isnan(matrix) & (matrix > 0)):
        share = 100 * matrix[i, j]
        text = "<1" if share < 0.95 else f"{share:.0f}"
        colour = "white" if share > 55 else MUTED if share < 0.95 else INK
        axes.text(j + 1, i + 1, text, ha="center", va="center", fontsize=7.5, color=colour)
