"""Where a gain in decisions comes from: a better ranking, or a moved threshold."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from tailprobe.report.frame import new_figure
from tailprobe.report.style import INK, MUTED, REMAINING, styled
from tailprobe.report.text import shown

_RANKING = "#0b5f96"
_HALF = 0.19  # of a bar's height, in rows


@dataclass(frozen=True, eq=False)
class Part:
    """A part of each method's difference and its interval."""

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
    figure = new_figure(
        title="Where the gain comes from",
        subtitle=f"difference from the baseline in {metric}, low-frequency classes · encoder {shown(encoder, 40)}",
        caption=f"{sentence} A bar starts where the one above it ends; whiskers without caps: 95% interval of each "
        "part by itself, not corrected.",
        body=0.5 + 0.42 * len(methods),
        key=[(Patch(color=_RANKING), "better ranking"), (Patch(color=REMAINING), "moved threshold")],
    )
    axes = figure.subplots()
    places = np.arange(len(methods), dtype=float)
    _bars(axes, places - _HALF, np.zeros(len(methods)), ranking, _RANKING)
    _bars(axes, places + _HALF, ranking.value, threshold, REMAINING)
    axes.axvline(0, color=MUTED, linewidth=0.9)
    axes.set_yticks(places, [shown(method, 34) for method in methods])
    axes.set_ylim(len(methods) - 0.5, -0.5)
    axes.set_xlabel("worse ← difference → better")
    axes.grid(True, axis="x")
    return figure


def _bars(axes: Axes, places: Float[np.ndarray, " M"], start: Float[np.ndarray, " M"], part: Part, colour: str) -> None:
    reach = np.maximum(np.stack([part.value - part.low, part.high - part.value]), 0)
    axes.barh(
        places, part.value, left=start, height=2 * _HALF, color=colour, xerr=reach,
        error_kw={"ecolor": INK, "elinewidth": 1},
    )  # fmt: skip
