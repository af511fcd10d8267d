"""Grouped bars, one bar per method and class: the layout of the paper's results."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from jaxtyping import Float, Int
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator

from tailprobe.comparison.words import MIN_POSITIVES
from tailprobe.report.frame import new_figure
from tailprobe.report.intervals import Ends, Intervals
from tailprobe.report.look import SCREEN_WIDTH, look
from tailprobe.report.style import INK, MUTED, colours_of, styled
from tailprobe.report.text import metric_label, shown, shown_all, wrap
from tailprobe.report.values import SeedValues, Spread, describe_spread, mean, of_seeds, seed_values, spread_ends

_BARS_A_ROW = 50  # more than this on a row would be thinner than the dots on them
_LEAST_GROUP = 0.98  # inches a class needs for its name
_PANEL = 1.95  # inches, height of a row of bars
_GROUP = 0.84  # of the distance between classes that its bars take
_HALO = [withStroke(linewidth=2.2, foreground="#ffffffb0")]  # keeps thin lines in sight on dark bars


@styled
def per_class(
    table: pd.DataFrame,
    *,
    encoder: str,
    metric: str,
    methods: Sequence[str],
    classes: Sequence[str],
    counts: Int[np.ndarray, " C"],
    support: Int[np.ndarray, " C"],
    title: str,
    note: str = "",
    part: str = "test",
    spread: Spread = "sd",
    intervals: Intervals | None = None,
    colours: Mapping[str, str] | None = None,
    limit: int = 24,
    beside: Sequence[str] = (),
    ascending: bool = False,
) -> Figure:
    """Draw a metric per class, one bar per method in the order given, the mean over seeds with every seed on it.

    Args:
        table: the tidy results table.
        methods: the baseline first.
        classes: (C,) those to draw, in any order.
        counts: (C,) images that carry each; classes are in descending order of them.
        support: (C,) positives in the part scored, written under each class.
        note: ends the subtitle, such as the paper's counterpart.
        spread: what the whiskers are if there are no intervals, see `tailprobe.report.values.half_width`.
        intervals: the whiskers, where the metric was tested.
        colours: of each method; by default a palette for these methods.
        limit: of more classes than this, the most and the least frequent are drawn, and the picture says so.
        beside: further metrics, each drawn below.
        ascending: classes are in ascending order of their images.

    Raises:
        InputError: the table has no such encoder, metric, part, method or class.
    """
    kept = ends(counts, limit)[:: -1 if ascending else 1]
    drawn = [classes[c] for c in kept]
    of_metric = {
        name: seed_values(table, encoder=encoder, metric=name, methods=methods, classes=drawn, part=part)
        for name in (metric, *beside)
    }
    found = of_metric[metric]
    colours = colours_of(methods, colours)
    rows = _rows(len(kept), len(methods))
    figure = new_figure(
        title=title,
        subtitle=_join(
            f"encoder {shown(encoder, 40)}",
            of_seeds(len(found.seeds)),
            f"{shown(part)} part",
            _some(kept, classes),
            note,
        ),
        caption=_caption(
            list(of_metric.values()),
            kept,
            len(classes),
            _whiskers(intervals, spread, len(found.seeds)),
            part,
            ascending=ascending,
        ),
        key=[(Patch(color=colours[method]), shown(method, 34)) for method in methods],
        body=len(of_metric) * len(rows) * (_PANEL + 0.62) + 0.15,
    )
    labels = _labels(drawn, support[kept], look().width / len(rows[0]))
    shade = [colours[method] for method in methods]
    panels = figure.subplots(len(of_metric) * len(rows), 1, squeeze=False)[:, 0].reshape(len(of_metric), len(rows))
    for (name, values), of_rows in zip(of_metric.items(), panels, strict=True):
        tested = intervals if name == metric else None
        low, high = spread_ends(values.array, spread, least=0) if tested is None else tested.values(methods, drawn)
        for axes, columns in zip(of_rows, rows, strict=True):
            whiskers = low[:, columns], high[:, columns]
            _panel(axes, values.array[:, columns], whiskers, shade, [labels[c] for c in columns], across=len(rows[0]))
            axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
            axes.set_ylim(*_limits(values.array, high))
        of_rows[0].set_title(metric_label(name), fontsize=8.5, color=MUTED)
    return figure


def ends(counts: Int[np.ndarray, " C"], limit: int) -> Int[np.ndarray, " K"]:
    """Return the columns in descending order of their counts; above `limit`, its half from either end.

    >>> ends(np.array([1, 9, 5, 7]), 2).tolist()
    [1, 0]
    """
    order = np.argsort(-counts, kind="stable")
    if len(order) <= limit:
        return order
    return np.concatenate([order[: (limit + 1) // 2], order[len(order) - limit // 2 :]])


def _rows(classes: int, methods: int) -> list[list[int]]:
    width = look().width
    fit = max(1, min(int(_BARS_A_ROW * width / SCREEN_WIDTH) // methods, int((width - 0.6) / _LEAST_GROUP)))
    number = -(-classes // fit)
    across = -(-classes // number)
    return [list(range(first, min(first + across, classes))) for first in range(0, classes, across)]


def _labels(classes: Sequence[str], support: Int[np.ndarray, " K"], inches: float) -> list[str]:
    letters = max(8, int(inches / 0.079))
    names = [wrap(name, letters) for name in shown_all(classes, 2 * letters)]
    deep = max(name.count("\n") for name in names)
    return [f"{name}\nn = {n:,}" + "\n" * (deep - name.count("\n")) for name, n in zip(names, support, strict=True)]


def _panel(
    axes: Axes,
    values: Float[np.ndarray, "M K S"],
    whiskers: Ends,
    colours: Sequence[str],
    labels: Sequence[str],
    *,
    across: int,
) -> None:
    width = _GROUP / len(values)
    columns = np.arange(len(labels))
    size = max(1.5, min(12.0, (width * (look().width - 0.6) / across * 72 * 0.32) ** 2))
    for m, (own, colour) in enumerate(zip(values, colours, strict=True)):
        x = columns + (m - (len(values) - 1) / 2) * width
        _bars(axes, x, own, (whiskers[0][m], whiskers[1][m]), colour=colour, width=width, size=size)
    # The baseline's height, drawn on across its class: each bar is read against it.
    level, left, right = mean(values[0]), columns - _GROUP / 2, columns + _GROUP / 2
    axes.hlines(level, left, right, colors="white", linewidth=1.6, zorder=2.5)
    axes.hlines(level, left, right, colors=INK, linestyles=(0, (3, 2)), linewidth=0.8, zorder=2.5)
    axes.set_xlim(-0.53, across - 0.47)
    axes.set_xticks(columns, labels)
    axes.tick_params(axis="x", length=0, labelsize=7.5 if across > 6 else 8)
    axes.grid(axis="y")
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0, labelcolor=MUTED)


def _bars(
    axes: Axes,
    x: Float[np.ndarray, " K"],
    own: Float[np.ndarray, "K S"],
    whiskers: tuple[Float[np.ndarray, " K"], Float[np.ndarray, " K"]],
    *,
    colour: str,
    width: float,
    size: float,
) -> None:
    height = mean(own)
    there = ~np.isnan(height)
    axes.bar(x[there], height[there], width=width * 0.88, color=colour, linewidth=0)
    for place in x[~there]:
        axes.plot(place, 0, "x", color=MUTED, markersize=3.5, markeredgewidth=0.9, clip_on=False, zorder=4)
    reach = np.stack([height - whiskers[0], whiskers[1] - height])
    sure = ~np.isnan(reach).any(axis=0)
    axes.errorbar(
        x[sure],
        height[sure],
        np.maximum(reach[:, sure], 0),
        fmt="none",
        ecolor=INK,
        elinewidth=0.9,
        capsize=0,
        zorder=3,
        path_effects=_HALO,
    )
    seeds = own.shape[1]
    aside = (
        (np.arange(seeds) - (seeds - 1) / 2) / max(1, seeds - 1) * width * 0.5
    )  # side by side, in the order of the seeds
    spots = x[:, None] + aside
    axes.scatter(spots, own, s=size, facecolor="white", edgecolor=INK, linewidths=0.5, zorder=3.5)


def _limits(values: Float[np.ndarray, "M K S"], ends: Float[np.ndarray, "M K"]) -> tuple[float, float]:
    high = np.nanmax(np.append(ends, np.append(values, 0.1)))
    low = np.nanmin(np.append(np.append(values, 0.0), 0.0))
    return float(low * 1.05), float(high * 1.03)


def _some(kept: Int[np.ndarray, " K"], classes: Sequence[str]) -> str:
    return f"{len(kept)} of {len(classes)} classes" if len(kept) < len(classes) else ""


def _whiskers(intervals: Intervals | None, spread: Spread, seeds: int) -> str:
    if intervals is None:
        return describe_spread(spread, seeds)
    of = f"Small dots: the {seeds} seeds; whiskers: 95% interval of the mean, by itself" if seeds > 1 else _ONE_SEED
    return f"{of}; none below {MIN_POSITIVES} images."


_ONE_SEED = "Whiskers: 95% interval of these very heads on new images"


def _caption(
    drawn: Sequence[SeedValues],
    kept: Int[np.ndarray, " K"],
    classes: int,
    whiskers: str,
    part: str,
    *,
    ascending: bool,
) -> str:
    half, found = (len(kept) + 1) // 2, drawn[0]
    order = "ascending" if ascending else "descending"
    undefined = any(np.isnan(mean(values.array)).any() for values in drawn)
    sentences = [
        f"Classes in {order} order of their images; n: images of the {shown(part)} part that carry the class.",
        f"Dashed: mean of {shown(found.methods[0])}.",
        whiskers,
        "×: undefined (no image of the class, or none predicted)." if undefined else "",
        "Where some seeds are undefined, the mean is over the others."
        if any(_partly(values.array) for values in drawn)
        else "",
        f"Drawn are the {half} most and the {len(kept) - half} least frequent of {classes} classes."
        if len(kept) < classes
        else "",
    ]
    return " ".join(sentence for sentence in sentences if sentence)


def _partly(values: Float[np.ndarray, "M C S"]) -> bool:
    missing = np.isnan(values)
    return bool((missing.any(axis=-1) & ~missing.all(axis=-1)).any())


def _join(*parts: str) -> str:
    return " · ".join(part for part in parts if part)
