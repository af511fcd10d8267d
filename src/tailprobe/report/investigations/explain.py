"""Figures of `explain`: images under their maps, training and test side by side, and the mean maps."""

import numpy as np
from jaxtyping import Float, UInt8
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tailprobe.investigate.explain.answer import ExplainAnswer
from tailprobe.investigate.explain.cells import CELLS
from tailprobe.report.frame import new_figure
from tailprobe.report.style import INK, styled
from tailprobe.report.text import shown

_SIDE = 1.35  # inches of an image
_MAP = 2.3  # of a mean map


def explain_figures(answer: ExplainAnswer) -> dict[str, Figure]:
    """Draw the images, where the answer holds any, and the mean maps."""
    images = {"explain": _images(answer)} if any(answer.pictures.values()) else {}
    return images | {"explain_places": _places(answer)}


@styled
def _images(answer: ExplainAnswer) -> Figure:
    columns = max(len(pictures) for pictures in answer.pictures.values())
    figure = new_figure(
        title=f"What encoder and head look at for {shown(answer.class_name, 40)}",
        subtitle=f"{answer.technique} · images of the class; each pair: the image, and its map over it",
        caption="Bright is where the logit of the class comes from; each map has a scale of its own.",
        body=2 * len(answer.pictures) * _SIDE,
    )
    panels = figure.subplots(2 * len(answer.pictures), columns, squeeze=False)
    for i, (part, pictures) in enumerate(answer.pictures.items()):
        for j in range(columns):
            plain, mapped = panels[2 * i, j], panels[2 * i + 1, j]
            for axes in (plain, mapped):
                axes.axis("off")
            if j < len(pictures):
                plain.imshow(pictures[j])
                _mapped(mapped, pictures[j], answer.attributions[part].cells[j])
        panels[2 * i, 0].set_title(f"{part} images", fontsize=9, color=INK, loc="left")
    return figure


def _mapped(axes: Axes, picture: UInt8[np.ndarray, "h w 3"], cells: Float[np.ndarray, "G G"]) -> None:
    grey = picture.mean(axis=2)
    height, width = grey.shape
    axes.imshow(grey, cmap="gray", vmin=0, vmax=255)
    axes.imshow(
        cells, cmap="inferno", alpha=0.6, extent=(-0.5, width - 0.5, height - 0.5, -0.5), interpolation="bicubic"
    )


@styled
def _places(answer: ExplainAnswer) -> Figure:
    mean = {f"{part} images, mean": maps.cells.mean(axis=0) for part, maps in answer.attributions.items()}
    figure = new_figure(
        title=f"Where in the image the maps of {shown(answer.class_name, 40)} are",
        subtitle=f"share of the map in {CELLS} x {CELLS} places, and differences",
        caption="Places with a dot have a larger share, all places tested together at 5%.",
        body=_MAP,
    )
    panels = figure.subplots(1, len(mean) + len(answer.places), squeeze=False)[0]
    largest = max(float(cells.max()) for cells in mean.values())
    for axes, (title, cells) in zip(panels, mean.items(), strict=False):
        axes.imshow(cells, cmap="inferno", vmin=0, vmax=largest)
        _frame(axes, title)
    for axes, (title, found) in zip(panels[len(mean) :], answer.places.items(), strict=True):
        most = max(float(np.abs(found.difference).max()), 1e-9)
        axes.imshow(found.difference, cmap="PuOr_r", vmin=-most, vmax=most)
        rows, columns = np.nonzero(found.more)
        axes.plot(columns, rows, "o", color=INK, markersize=3)
        _frame(axes, title)
    return figure


def _frame(axes: Axes, title: str) -> None:
    axes.set_title(shown(title, 34), fontsize=8, color=INK)
    axes.set_xticks([])
    axes.set_yticks([])
