"""What each method changes against the baseline, class by class: the answer in one picture."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from tailprobe.comparison.words import MIN_POSITIVES
from tailprobe.report.figures.difference_rows import Rows, difference_rows, foot_of
from tailprobe.report.frame import new_figure
from tailprobe.report.intervals import Intervals
from tailprobe.report.look import look
from tailprobe.report.questions import confidence_levels
from tailprobe.report.style import GRID, INK, LOW_FREQUENCY, MUTED, TINT, colours_of, markers_of, styled
from tailprobe.report.text import fitted, shown, text_width
from tailprobe.report.values import Spread, agree, describe_spread, mean, of_seeds
from tailprobe.scores.metric import metric_title

_PANEL = 0.75  # inches that a panel takes at least
_MOST = 8  # panels side by side
_ROW = 0.235  # inches a class
_ABOVE = 0.72  # inches of a band above and below its rows
_PAGE = 9.5  # inches, the height of a page of a paper
_HEAD = 8.5  # points, the methods' names
_NAMES = 1.8  # inches that the names of the rows take, about
_OUTLIER = 2.5  # times the median reach of the methods, beyond which nothing is drawn


@styled
def differences(
    table: pd.DataFrame,
    *,
    encoder: str,
    metric: str,
    methods: Sequence[str],
    classes: Sequence[str],
    counts: Int[np.ndarray, " C"],
    low_frequency: Bool[np.ndarray, " C"],
    support: Int[np.ndarray, " C"],
    baseline: str = "baseline",
    part: str = "test",
    spread: Spread = "sd",
    intervals: Intervals | None = None,
    colours: Mapping[str, str] | None = None,
    shapes: Mapping[str, str] | None = None,
    baselines: Mapping[str, str] = MappingProxyType({}),
    limit: int = 30,
) -> Figure:
    """Draw, for each class, the difference of each method from the baseline of the same seed.

    One row a class, low-frequency classes first, each group headed by its mean; one panel per method, so that nothing
    overlaps and no key is needed. A mark is filled where all seeds are on the same side of the baseline.

    Args:
        table: the tidy results table, with the averages "low-frequency" and "remaining" of the metric.
        methods: those to draw, in order; the baseline among them is passed over.
        counts: (C,) images that carry each class; classes are in descending order of them within their group.
        low_frequency: (C,) True for the low-frequency classes.
        support: (C,) positives in the part scored.
        spread: what the whiskers are if there are no intervals, see `tailprobe.report.values.half_width`.
        intervals: the whiskers, where the metric was tested: those that verdicts are drawn from.
        colours: of each method; by default a palette for these methods.
        shapes: the marker of each method; circles by default.
        baselines: by method, what it is compared with where that is not `baseline`.
        limit: of more classes than this in a group, the most and the least frequent are drawn, and the picture says so;
            for a paper fewer, where the picture would not fit a page.

    Raises:
        InputError: the table has no such encoder, metric, part, method, class or average.
    """
    others = [method for method in methods if method != baseline]
    chosen = {"encoder": encoder, "metric": metric, "methods": [baseline, *others], "part": part}
    room = look().width - _NAMES
    down = -(-len(others) // max(1, min(_MOST, int(room / _PANEL + 1e-6))))  # 3.3 inches hold two, not 1.999
    rows = difference_rows(
        table,
        chosen,
        baselines=baselines,
        classes=classes,
        counts=counts,
        low_frequency=low_frequency,
        support=support,
        limit=_limit_of_page(down, low_frequency, limit),
        spread=spread,
        intervals=intervals,
    )
    across = -(-len(others) // down)  # bands of like length
    reference = "baseline of its link and" if _several(others, baselines) else shown(baseline)
    figure = new_figure(
        title=f"What each method changes in {shown(metric_title(metric), 40)}, class by class",
        subtitle=f"difference from the {reference} of the same seed: right of the line is better"
        f" · {of_seeds(rows.differences.shape[-1])} · encoder {shown(encoder, 40)} · {shown(part)} part",
        caption=_caption(
            rows, _whiskers(intervals, spread, rows.differences.shape[-1]), part, _provisional(intervals, others)
        ),
        body=down * (rows.foot * _ROW + _ABOVE),
    )
    panels = figure.subplots(down, across, squeeze=False, sharex=True, sharey=True)
    width = room / across - 0.1
    _scale(panels[0, 0], rows, width)
    colours, shapes = colours_of(others, colours), markers_of(others, shapes)
    for m, (axes, method) in enumerate(zip(panels.ravel(), others, strict=False)):
        style = _PanelStyle(colours[method], shapes[method], width)
        _head(axes, method, style)
        _panel(axes, rows, m + 1, style)
    for axes in panels.ravel()[len(others) :]:
        axes.set_visible(False)
    for axes in panels[:, 0]:
        _name_rows(axes, rows)
    return figure


def _limit_of_page(down: int, low_frequency: Bool[np.ndarray, " C"], limit: int) -> int:
    """Return how many classes of a group are drawn: for a paper, as many as `down` bands on a page have room for."""
    if look().style == "screen":
        return limit
    sizes = (int(low_frequency.sum()), int((~low_frequency).sum()))
    most = min(limit, max(sizes))
    fits = (n for n in range(most, 0, -1) if down * (foot_of(sizes, n) * _ROW + _ABOVE) <= _PAGE)
    return next(fits, 0)


def _several(methods: Sequence[str], baselines: Mapping[str, str]) -> bool:
    return len({baselines.get(method) for method in methods if method in baselines}) > 1


def signed(value: float, *, short: bool = False) -> str:
    """Return a difference with its sign, a true minus, and no more digits than wanted.

    >>> signed(-0.0461), signed(0.2, short=True), signed(-0.0001)
    ('−0.046', '+0.2', '0.000')
    """
    text = f"{value:+.4g}" if short else f"{value:+.3f}"
    return (text if float(text) else text[1:]).replace("-", "−")


@dataclass(frozen=True)
class _PanelStyle:
    """How one method's panel is drawn."""

    colour: str
    marker: str
    width: float  # inches


def _head(axes: Axes, method: str, style: _PanelStyle) -> None:
    name, size = fitted(method, style.width, _HEAD)
    axes.set_title(name, fontsize=size, loc="center")
    line = {"color": style.colour, "linewidth": 3.5, "solid_capstyle": "butt", "clip_on": False}
    axes.plot([0, 1], [1, 1], transform=axes.transAxes, **line)  # type: ignore[arg-type]


def _panel(axes: Axes, rows: Rows, m: int, style: _PanelStyle) -> None:
    _ground(axes, rows)
    own: Float[np.ndarray, "R S"] = rows.differences[m]
    centre, sure = mean(own), agree(own)
    height = rows.places + 0.28 * rows.averages  # leaves room above a mean for its number
    axes.scatter(own, np.broadcast_to(height[:, None], own.shape), s=7, color=style.colour, alpha=0.4, lw=0, zorder=2.5)
    for r, (y, average) in enumerate(zip(height, rows.averages, strict=True)):
        if np.isnan(centre[r]):
            ground = {"facecolor": TINT if rows.rare[r] else "white", "linewidth": 0, "pad": 0.6}
            axes.text(0, y, "undefined", ha="center", va="center", fontsize=6.5, color=MUTED, bbox=ground)
            continue
        ends = [rows.low[m, r], rows.high[m, r]]
        if not np.isnan(ends).any():
            axes.plot(ends, [y, y], color=style.colour, linewidth=2.2 if average else 1.3, zorder=3)
        shape: dict[str, object] = {
            "markersize": 6 if average else 5,
            "markerfacecolor": style.colour if sure[r] else "white",
        }
        shape |= {"markeredgecolor": style.colour, "markeredgewidth": 1.2, "zorder": 4}
        if not _is_outside(axes, float(centre[r])):
            axes.plot(centre[r], y, "D" if average else style.marker, **shape)  # type: ignore[arg-type]
        else:
            _arrow(axes, float(centre[r]), float(y), style, numbered=not average)
        if average:
            _number(axes, float(centre[r]), float(rows.places[r]) - 0.42, style.width)


def _is_outside(axes: Axes, value: float) -> bool:
    low, high = axes.get_xlim()
    return not low <= value <= high


def _arrow(axes: Axes, value: float, y: float, style: _PanelStyle, *, numbered: bool) -> None:
    """Draw an arrow at the edge of the panel toward a difference outside it, with its number."""
    low, high = axes.get_xlim()
    inset = 0.04 * (high - low)
    x, marker = (low + inset, "<") if value < low else (high - inset, ">")
    axes.plot(x, y, marker, color=style.colour, markersize=5, zorder=4)
    if numbered:
        half = text_width(signed(value), 6.5) / 2 / style.width * (high - low) + 2 * inset
        x = x + half if value < low else x - half
        ground = {"facecolor": "white", "alpha": 0.8, "linewidth": 0, "pad": 0.2}
        axes.text(x, y, signed(value), ha="center", va="center", fontsize=6.5, color=INK, bbox=ground, zorder=4)


def _number(axes: Axes, value: float, y: float, width: float) -> None:
    low, high = axes.get_xlim()
    half = text_width(signed(value), 8.0, bold=True) / 2 / width * (high - low)
    x = float(np.clip(value, low + half, high - half))  # inside its own panel
    axes.text(x, y, signed(value), ha="center", va="center", fontsize=8, fontweight="bold", color=INK)


def _ground(axes: Axes, rows: Rows) -> None:
    if rows.rare.any():
        axes.axhspan(0, rows.places[rows.rare].max() + 0.5, color=TINT, linewidth=0, zorder=0)
    axes.axvline(0, color=MUTED, linewidth=0.9, zorder=1.5)
    axes.grid(axis="x", color=GRID, linewidth=0.7)
    axes.tick_params(axis="both", length=0)
    axes.tick_params(axis="x", labelcolor=MUTED, labelsize=7.5, labelbottom=True)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.set_ylim(rows.foot, 0)


def _name_rows(axes: Axes, rows: Rows) -> None:
    axes.set_yticks([])
    beside = 9 + 72 * max(text_width(number, 8.0) for number in rows.numbers)
    for name, number, y, rare, average in zip(
        rows.names, rows.numbers, rows.places, rows.rare, rows.averages, strict=True
    ):
        if average:
            _beside(axes, name, y, 6.0, size=8.5, weight="bold", colour=LOW_FREQUENCY if rare else INK)
        else:
            _beside(axes, number, y, 6.0, size=8.0, colour=MUTED)
            _beside(axes, name, y, 6 + beside, size=8.0, colour=INK)
    for y, text in rows.gaps:
        _beside(axes, text, y, 6.0, size=7.5, colour=MUTED)


def _beside(axes: Axes, text: str, y: float, away: float, *, size: float, colour: str, weight: str = "normal") -> None:
    place = {"xy": (0, y), "xytext": (-away, 0), "xycoords": ("axes fraction", "data"), "textcoords": "offset points"}
    lettering = {"fontsize": size, "fontweight": weight, "color": colour}
    axes.annotate(text, **place, **lettering, ha="right", va="center", annotation_clip=False)  # type: ignore[arg-type]


def _scale(axes: Axes, rows: Rows, width: float) -> None:
    low, high = _limits(rows)
    axes.set_xlim(low, high)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: signed(value, short=True)))
    if width > 1.5:
        axes.xaxis.set_major_locator(MaxNLocator(int(width / 0.5), steps=[1, 2, 2.5, 5, 10]))
    else:  # room for three figures, kept clear of the neighbour's
        step = _round_below(0.7 * max(-low, high))
        axes.set_xticks([tick for tick in (-step, 0.0, step) if low <= tick <= high])


def _is_cut(rows: Rows) -> bool:
    """Return whether the mean of a row is outside the panels."""
    low, high = _limits(rows)
    centre = mean(rows.differences[1:])
    return bool(((centre < low) | (centre > high)).any())


def _limits(rows: Rows) -> tuple[float, float]:
    ends = np.concatenate([_reach(rows).ravel(), [-0.01, 0.01]])
    low, high = float(ends.min()), float(ends.max())
    pad = 0.06 * (high - low)
    return low - pad, high + pad


def _reach(rows: Rows) -> Float[np.ndarray, "2 M"]:
    """Return how far each method's means and whiskers go to the left and to the right, outliers among methods cut."""
    drawn = np.stack([rows.low[1:], rows.high[1:], mean(rows.differences[1:])])  # (3, M, R)
    known = np.where(np.isnan(drawn), 0.0, drawn)
    ends = np.stack([known.min(axis=(0, 2)), known.max(axis=(0, 2))])
    most = _OUTLIER * float(np.median(np.abs(ends).max(axis=0)))
    return ends.clip(-most, most) if most > 0 else ends


def _round_below(value: float) -> float:
    power = 10.0 ** np.floor(np.log10(value))
    return float(max(digit for digit in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8) if digit * power <= value * (1 + 1e-9)) * power)


def _whiskers(intervals: Intervals | None, spread: Spread, seeds: int) -> str:
    if intervals is None:
        return describe_spread(spread, seeds)
    dots = f"Small dots: the {seeds} seeds; whiskers" if seeds > 1 else "Whiskers"
    levels = f" ({found})" if (found := confidence_levels(intervals.verdicts)) else ""
    return (
        f"{dots}: the simultaneous interval of the verdict if there is one{levels}, else the "
        f"row's own 95% interval; none below {MIN_POSITIVES} images, or where no seed differs."
    )


def _provisional(intervals: Intervals | None, methods: Sequence[str]) -> str:
    """Name the methods whose verdicts are provisional."""
    named = [] if intervals is None else intervals.provisional(methods)
    if not named:
        return ""
    which = "all methods" if len(named) == len(methods) > 1 else ", ".join(shown(method, 60) for method in named)
    return f"Provisional, as heads were still improving when training ended: {which}."


def _caption(rows: Rows, whiskers: str, part: str, provisional: str) -> str:
    seeds = rows.differences.shape[-1]
    chance = f"were seeds independent, chance alone would do so in 1 of {2 ** (seeds - 1)} cells"
    sentences = [
        f"Grey figures: images of the {shown(part)} part that carry the class.",
        f"Filled mark: all seeds on one side of the baseline ({chance})." if seeds >= 3 else "",
        whiskers,
        "An arrow and its number: a difference outside the panel." if _is_cut(rows) else "",
        "Undefined: no image of the class, or none predicted." if np.isnan(mean(rows.differences)).any() else "",
        "Of each group the most and the least frequent classes are drawn; its mean is over all of it."
        if rows.gaps
        else "",
        provisional,
    ]
    return " ".join(sentence for sentence in sentences if sentence)
