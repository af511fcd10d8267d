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
from tailprobe.report.frame import new_figure
from tailprobe.report.look import look, panels_across
from tailprobe.report.style import INK, MUTED, colours_of, styled
from tailprobe.report.text import fitted, shown
from tailprobe.report.values import mean

_PANELS_A_ROW = 3
_SCALE = 0.7  # inches that the scale of the losses takes, about
_GAP = 0.12  # inches between headings
_BEHIND = "#d9dde1"
COLUMNS = ("encoder", "method", "seed", "epoch", "training_loss", "validation_loss", "kept", "converged")

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
    """Draw training and validation loss over epochs, one panel per method, one line per seed.

    A dot marks the epoch that each seed kept; the panel says which these are and how many seeds had converged. The
    baseline's validation loss is drawn behind every panel. Methods that are not trained by gradient descent have no row
    in the histories and no panel.

    Args:
        histories: columns encoder, method, seed, epoch, training_loss, validation_loss, kept, converged.

    Raises:
        InputError: a column is missing, or no method has a row under the encoder.
    """
    _check(histories, encoder)
    trained = set(histories.loc[histories["encoder"] == encoder, "method"])
    methods = [method for method in methods if method in trained]
    if not methods:
        raise InputError(f"the histories have no row of encoder {encoder!r} and a method asked for; name another")
    curves = {method: _curves(histories, encoder, method) for method in methods}
    kept = {method: _kept(histories, encoder, method) for method in methods}
    across = min(panels_across(2.2, most=_PANELS_A_ROW), len(methods))
    down = -(-len(methods) // across)
    figure = new_figure(
        title="Learning curves",
        subtitle=f"loss over epochs, one line per seed · encoder {shown(encoder, 40)}",
        caption="Dot: the epoch that the seed kept. Training loss is each method's own (reweighted, or over the "
        "rows it draws) and taken with dropout: compare methods only by validation loss.",
        key=_key(),
        body=down * 1.75,
    )
    colours = colours_of(methods, colours)
    panels = figure.subplots(down, across, squeeze=False, sharex=True, sharey=True).ravel()
    reference, room = curves.get(baseline), (look().width - _SCALE) / across - _GAP
    for axes, method in zip(panels, methods, strict=False):
        if reference is not None:
            axes.plot(reference[0], mean(reference[2].T), color=_BEHIND, linewidth=4.5, solid_capstyle="round")
        _panel(
            axes, *curves[method], kept[method], MUTED if method == baseline else colours[method]
        )  # its grey is too pale for lines
        heading, points = fitted(method, room, 9, bold=True)
        axes.set_title(heading, fontsize=points, fontweight="bold", color=INK)
    for axes in panels[len(methods) :]:
        axes.set_visible(False)
    _scales(list(panels[: len(methods)]), curves.values(), across)
    return figure


def _check(histories: pd.DataFrame, encoder: str) -> None:
    missing = [column for column in COLUMNS if column not in histories.columns]
    if missing:
        raise InputError(f"the histories have no column {missing[0]!r}; they must have {', '.join(COLUMNS)}")
    if not (histories["encoder"] == encoder).any():
        raise InputError(f"the histories have no row of encoder {encoder!r}")


def _kept(histories: pd.DataFrame, encoder: str, method: str) -> pd.DataFrame:
    """Return the rows of the epochs that were kept, a seed a row."""
    part = histories[(histories["encoder"] == encoder) & (histories["method"] == method)]
    return part[part["kept"].to_numpy(dtype=bool)]


def _curves(histories: pd.DataFrame, encoder: str, method: str) -> Curves:
    part = histories[(histories["encoder"] == encoder) & (histories["method"] == method)]
    if part.duplicated(["seed", "epoch"]).any():
        raise InputError(
            f"the histories of encoder {encoder!r} and method {method!r} have one seed's epoch twice; keep one"
        )
    epochs = np.unique(part["epoch"].to_numpy(dtype=np.int64))
    training, validation = (
        part.set_index(["seed", "epoch"])[column].unstack()[epochs.tolist()].to_numpy(dtype=np.float64)  # noqa: PD010
        for column in COLUMNS[4:6]
    )
    return epochs, training, validation


def _panel(
    axes: Axes,
    epochs: Int[np.ndarray, " E"],
    training: Float[np.ndarray, "S E"],
    validation: Float[np.ndarray, "S E"],
    kept: pd.DataFrame,
    colour: str,
) -> None:
    axes.plot(epochs, training.T, color=colour, linewidth=0.8, alpha=0.75, linestyle=(0, (2, 1.5)))
    axes.plot(epochs, validation.T, color=colour, linewidth=0.9, alpha=0.9)
    axes.plot(kept["epoch"], kept["validation_loss"], "o", color=INK, markersize=3)
    converged = int(kept["converged"].sum())
    words = f"kept {epoch_range(kept['epoch'])} · converged {converged} of {len(kept)}"
    colour = INK if 2 * converged < len(kept) else MUTED
    axes.text(1, 0.97, words, transform=axes.transAxes, ha="right", va="top", fontsize=7.5, color=colour)
    axes.grid(axis="y")


def epoch_range(epochs: "pd.Series[int]") -> str:
    """Return the first and last of some epochs.

    >>> epoch_range(pd.Series([7, 3, 5])), epoch_range(pd.Series([2]))
    ('3–7', '2')
    """
    low, high = epochs.min(), epochs.max()
    return str(low) if low == high else f"{low}–{high}"


def _key() -> list[tuple[Line2D, str]]:
    return [
        (Line2D([], [], color=MUTED, linewidth=1.2), "validation"),
        (Line2D([], [], color=MUTED, linewidth=1.2, linestyle=(0, (2, 1.5))), "training"),
        (Line2D([], [], color=_BEHIND, linewidth=4.5), "baseline's validation, mean"),
        (Line2D([], [], color=INK, marker="o", markersize=3.5, linestyle="none"), "epoch kept"),
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
