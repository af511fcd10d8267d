"""Where a gain in decisions comes from: a better ranking, or a moved threshold."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from tailprobe.report.frame import new_figure
from tailprobe.report.look import NARROW, look
from tailprobe.report.style import INK, MUTED, REMAINING, styled
from tailprobe.report.text import shown

_RANKING = "#0b5f96"
_HALF = 0.19  # of a bar's height, in rows
_OUTLIER = 2.5  # times the median reach, beyond which nothing is drawn


@dataclass(frozen=True, eq=False)
class Part:
    """A part of each method's difference and its interval; NaN where it has none, as what was 0 in every seed."""

    value: Float[np.ndarray, " M"]
    low: Float[np.ndarray, " M"]
    high: Float[np.ndarray, " M"]


@styled
def gain_sources(
    ranking: Part, threshold: Part, *, methods: Sequence[str], metric: str, encoder: str, sentence: str
) -> Figure:
    """Draw each method's difference on the low-frequency classes as two steps, one bar after the other.

    Args:
        ranking: what it gains with as many images flagged as the baseline.
        threshold: what flagging more or fewer images adds.
        methods: (M,), without the baseline.
        metric: as a sentence has it.
        sentence: what the picture says.
    """
    unchanged = (ranking.value == 0) & np.isnan(ranking.low)
    if unchanged.any():
        same = ", ".join(shown(method, 30) for method, is_same in zip(methods, unchanged, strict=True) if is_same)
        sentence = f"{sentence} The ranking part of {same} was 0 in every seed and has no interval."
    figure = new_figure(
        title="Where the gain comes from",
        subtitle=f"difference from the baseline in {metric}, low-frequency classes · encoder {shown(encoder, 40)}",
        caption=f"{sentence} A bar starts where the one above it ends; whiskers without caps: 95% interval of each "
        "part by itself, not corrected; one that reaches far beyond the others is cut.",
        body=0.5 + 0.42 * len(methods),
        key=[(Patch(color=_RANKING), "better ranking"), (Patch(color=REMAINING), "moved threshold")],
    )
    axes = figure.subplots()
    places = np.arange(len(methods), dtype=float)
    _bars(axes, places - _HALF, np.zeros(len(methods)), ranking, _RANKING)
    _bars(axes, places + _HALF, ranking.value, threshold, REMAINING)
    axes.axvline(0, color=MUTED, linewidth=0.9)
    axes.set_xlim(*_drawn(ranking, threshold))
    axes.set_yticks(places, [shown(method, 34) for method in methods])
    axes.set_ylim(len(methods) - 0.5, -0.5)
    axes.set_xlabel("difference\n← worse, better →" if look().width < NARROW else "worse ← difference → better")
    axes.grid(True, axis="x")
    return figure


def _drawn(ranking: Part, threshold: Part) -> tuple[float, float]:
    """Return the range that is drawn: all of it, unless one method's interval would press the others together."""
    low = np.fmin(ranking.low, ranking.value + threshold.low)
    high = np.fmax(ranking.high, ranking.value + threshold.high)
    reach = np.fmax(np.abs(low), np.abs(high))
    known = np.sort(reach[~np.isnan(reach)])
    if not len(known) or not known[-1] > 0:
        return -1.0, 1.0
    most = min(known[-1], _OUTLIER * known[(len(known) - 1) // 2])
    most = most if most > 0 else known[-1]
    start, end = max(-most, min(0.0, np.nanmin(low))), min(most, max(0.0, np.nanmax(high)))
    return start - 0.05 * (end - start), end + 0.05 * (end - start)


def _bars(axes: Axes, places: Float[np.ndarray, " M"], start: Float[np.ndarray, " M"], part: Part, colour: str) -> None:
    reach = np.nan_to_num(np.maximum(np.stack([part.value - part.low, part.high - part.value]), 0))
    axes.barh(
        places, part.value, left=start, height=2 * _HALF, color=colour, xerr=reach,
        error_kw={"ecolor": INK, "elinewidth": 1},
    )  # fmt: skip
