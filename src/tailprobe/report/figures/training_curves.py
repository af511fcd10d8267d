"""Learning curves: did each setting train long enough?"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
from jaxtyping import Float, Int
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator

from tailprobe.errors import InputError
from tailprobe.report.frame import framed
from tailprobe.report.lettering import shown
from tailprobe.report.style import INK, MUTED, colours_of, styled
from tailprobe.report.values import mean

_PANELS_A_ROW = 3
_BEHIND = "#d9dde1"
COLUMNS = ("encoder", "method", "seed", "epoch", "training_loss", "validation_loss")

Curves = tuple[
    Int[np.ndarray, " E"], Float[np.ndarray, "S E"], Float[np.ndarray, "S E"]
]  # epochs, training, validation


@styled
def training_curves(
    histories: pd.DataFrame,
    *,
    encoder: str,
    methods: Sequence[str],
    baseline: str = "baseline",
    colours: Mapping[str, str] | None = None,
) -> Figure:
    """Draw training and validation loss over epochs, a panel a method, a line a seed.

    A dot marks each seed's lowest validation loss; the panel says how many seeds had it at their last epoch, that is,
    were still improving. The baseline's validation loss stands behind every panel.

    Args:
        histories: columns encoder, method, seed, epoch, training_loss, validation_loss.

    Raises:
        InputError: a column is missing, or the encoder or a method has no row.
    """
    curves = {method: _curves(histories, encoder, method) for method in methods}
    across = min(_PANELS_A_ROW, len(methods))
    down = -(-len(methods) // across)
    figure = framed(
        title="Learning curves",
        subtitle=f"loss over epochs, a line a seed · encoder {shown(encoder, 40)}",
        caption="Dot: the seed's lowest validation loss. Training loss is each method's own (reweighted, or over the "
        "rows it draws) and taken with dropout: compare methods by validation loss alone.",
        key=_key(),
        body=down * 1.75,
    )
    colours = colours_of(methods, colours)
    panels = figure.subplots(down, across, squeeze=False, sharex=True, sharey=True).ravel()
    reference = curves.get(baseline)
    for axes, method in zip(panels, methods, strict=False):
        if reference is not None:
            axes.plot(reference[0], mean(reference[2].T), color=_BEHIND, linewidth=4.5, solid_capstyle="round")
        _panel(
            axes, *curves[method], MUTED if method == baseline else colours[method]
        )  # its grey is too pale for lines
        axes.set_title(f"{shown(method, 34)}", fontsize=9, fontweight="bold", color=INK)
    for axes in panels[len(methods) :]:
        axes.set_visible(False)
    _scales(list(panels[: len(methods)]), curves.values(), across)
    return figure


def _curves(histories: pd.DataFrame, encoder: str, method: str) -> Curves:
    missing = [column for column in COLUMNS if column not in histories.columns]
    if missing:
        raise InputError(f"the histories have no column {missing[0]!r}; they must have {', '.join(COLUMNS)}")
    part = histories[(histories["encoder"] == encoder) & (histories["method"] == method)]
    if part.empty:
        raise InputError(f"the histories have no row of encoder {encoder!r} and method {method!r}")
    if part.duplicated(["seed", "epoch"]).any():
        raise InputError(
            f"the histories of encoder {encoder!r} and method {method!r} have one seed's epoch twice; keep one"
        )
    epochs = np.unique(part["epoch"].to_numpy(dtype=np.int64))
    training, validation = (
        part.set_index(["seed", "epoch"])[column].unstack()[epochs.tolist()].to_numpy(dtype=np.float64)  # noqa: PD010
        for column in COLUMNS[4:]
    )
    return epochs, training, validation


def _panel(
    axes: Axes,
    epochs: Int[np.ndarray, " E"],
    training: Float[np.ndarray, "S E"],
    validation: Float[np.ndarray, "S E"],
    colour: str,
) -> None:
    axes.plot(epochs, training.T, color=colour, linewidth=0.8, alpha=0.75, linestyle=(0, (2, 1.5)))
    axes.plot(epochs, validation.T, color=colour, linewidth=0.9, alpha=0.9)
    known = ~np.isnan(validation).all(axis=1)
    best = np.nanargmin(validation[known], axis=1)
    axes.plot(
        epochs[best],
        validation[known].min(axis=1, initial=np.inf, where=~np.isnan(validation[known])),
        "o",
        color=INK,
        markersize=3,
    )
    last = int((best == len(epochs) - 1).sum())
    words = f"lowest at the last epoch: {last} of {len(best)}"
    axes.text(
        1, 0.97, words, transform=axes.transAxes, ha="right", va="top", fontsize=7.5, color=INK if last else MUTED
    )
    axes.grid(axis="y")


def _key() -> list[tuple[Line2D, str]]:
    return [
        (Line2D([], [], color=MUTED, linewidth=1.2), "validation"),
        (Line2D([], [], color=MUTED, linewidth=1.2, linestyle=(0, (2, 1.5))), "training"),
        (Line2D([], [], color=_BEHIND, linewidth=4.5), "baseline's validation, mean"),
        (Line2D([], [], color=INK, marker="o", markersize=3.5, linestyle="none"), "lowest validation"),
    ]


def _scales(panels: Sequence[Axes], curves: Iterable[Curves], across: int) -> None:
    losses = np.concatenate([np.concatenate([training, validation]).ravel() for _, training, validation in curves])
    losses = losses[np.isfinite(losses)]
    first = panels[0]
    first.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    if len(losses) and losses.min() > 0 and losses.max() > 5 * losses.min():
        first.set_yscale("log")
        first.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        first.yaxis.set_minor_formatter(FuncFormatter(lambda value, _: ""))
    first.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.3g}"))
    for place, axes in enumerate(panels):
        lowest = place + across >= len(panels)
        axes.tick_params(labelbottom=lowest)
        if lowest:
            axes.set_xlabel("epoch")
        if place % across == 0:
            axes.set_ylabel("loss")
