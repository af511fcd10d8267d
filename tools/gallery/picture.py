"""The picture of a method: the rows of an epoch beside the probabilities of the head."""

import io
from dataclasses import dataclass

import numpy as np
from fitted import Fitted, Rows, carried
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from toy import CLASSES

COLOURS = ("#4477AA", "#228833", "#CC3311")  # of the classes; Paul Tol's bright palette
SIDE = 61  # points of the grid along each axis
EDGE = (-3.4, 3.4)
_SIZE = 14.0  # square points of a row that is drawn once with weight 1
_LARGEST = 400.0


@dataclass(frozen=True, eq=False)
class Grid:
    """The points at which heads are evaluated."""

    x: Float[np.ndarray, " S"]
    points: Float[np.ndarray, "G 2"]


def make_grid() -> Grid:
    """Return a square grid over the plane."""
    x = np.linspace(*EDGE, SIDE)
    across, up = np.meshgrid(x, x)
    return Grid(x, np.stack([across.ravel(), up.ravel()], axis=1).astype(np.float32))


def picture(name: str, fitted: Fitted, baseline: Fitted, grid: Grid) -> bytes:
    """Draw a method beside the baseline of its link; returns a PNG."""
    figure = Figure(figsize=(7.6, 3.7), dpi=100, layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2, sharex=True, sharey=True)
    _draw_rows(left, fitted.rows)
    _draw_head(right, fitted, baseline, grid)
    left.set_title("rows of an epoch: area = draws x weight", fontsize=9)
    right.set_title("probability of the rare class; lines at 0.5", fontsize=9)
    for axes in (left, right):
        axes.set(xlim=EDGE, ylim=EDGE, xticks=[], yticks=[], aspect="equal")
    right.plot([], [], color="0.25", label=name)
    right.plot([], [], color="0.25", linestyle=":", label="baseline")
    legend = left.legend(loc="upper left", fontsize=7, framealpha=0.8)
    for handle in legend.legend_handles:
        handle.set_sizes([_SIZE])
    right.legend(loc="upper left", fontsize=7, framealpha=0.8)
    data = io.BytesIO()
    figure.savefig(data, format="png", metadata={"Software": None})
    return data.getvalue()


def _draw_rows(axes: Axes, rows: Rows) -> None:
    area = np.minimum(_SIZE * rows.influence, _LARGEST)
    colour = carried(rows.labels)
    dropped = rows.influence == 0
    for c, name in enumerate(CLASSES):
        of_class = colour == c
        real = of_class & ~rows.synthetic & ~dropped
        made = of_class & rows.synthetic & ~dropped
        out = of_class & dropped
        axes.scatter(*rows.points[real].T, s=area[real], color=COLOURS[c], alpha=0.55, linewidths=0, label=name)
        axes.scatter(*rows.points[made].T, s=area[made], facecolors="none", edgecolors=COLOURS[c], linewidths=0.8,
                     marker="D")  # fmt: skip
        axes.scatter(*rows.points[out].T, s=12, color=COLOURS[c], alpha=0.6, marker="x", linewidths=0.6)


def _draw_head(axes: Axes, fitted: Fitted, baseline: Fitted, grid: Grid) -> None:
    square = (SIDE, SIDE)
    rare = fitted.probabilities[:, -1].reshape(square)
    axes.contourf(grid.x, grid.x, rare, levels=np.linspace(0, 1, 11), cmap="Reds", alpha=0.7, vmin=0, vmax=1.2)
    for c, colour in enumerate(COLOURS):
        for shown, style, width in ((baseline, ":", 1.4), (fitted, "-", 1.6)):
            values = shown.probabilities[:, c].reshape(square)
            if values.min() < 0.5 < values.max():
                axes.contour(grid.x, grid.x, values, levels=[0.5], colors=colour, linestyles=style, linewidths=width)
