"""What each method changes for the rare classes, in several runs or under several encoders."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from tailprobe.report.figures.trade_off import GroupDifferences
from tailprobe.report.frame import new_figure
from tailprobe.report.style import INK, MUTED, styled
from tailprobe.report.text import shown

# Okabe and Ito's; with more sources than these, markers distinguish them.
_TONES = ("#d55e00", "#0072b2", "#009e73", MUTED, "#cc79a7", INK)
_MARKERS = ("o", "s", "D", "^", "v", "P", "X")


@dataclass(frozen=True, eq=False)
class Source:
    """A run under one of its encoders."""

    name: str
    methods: Sequence[str]  # (M,), without the baseline
    low_frequency: GroupDifferences  # differences from its own baseline and their bounds


@styled
def side_by_side(sources: Sequence[Source], *, metric: str, reach: str) -> Figure:
    """Draw the low-frequency classes' differences: a row for each method of any source, a mark for each source.

    Args:
        metric: as a sentence has it.
        reach: what the whiskers are.
    """
    methods = list(dict.fromkeys(method for source in sources for method in source.methods))
    looks = [(_TONES[s % len(_TONES)], _MARKERS[s % len(_MARKERS)]) for s in range(len(sources))]
    figure = new_figure(
        title="Side by side: what each method changes",
        subtitle=f"difference from the own baseline in {shown(metric, 40)}, low-frequency classes",
        caption=f"Each is measured on its own images, against its own baseline. {reach}.",
        key=[
            (Line2D([], [], color=tone, marker=shape, linewidth=1.2, markersize=5), shown(source.name, 60))
            for source, (tone, shape) in zip(sources, looks, strict=True)
        ],
        body=0.6 + len(methods) * max(0.3, 0.11 * len(sources)),
    )
    axes = figure.subplots()
    axes.axvline(0, color=MUTED, linewidth=0.9)
    offsets = 0.8 * ((np.arange(len(sources)) + 0.5) / len(sources) - 0.5)
    for source, look, offset in zip(sources, looks, offsets, strict=True):
        _marks(axes, source, look, np.array([methods.index(method) for method in source.methods]) + offset)
    axes.set_yticks(range(len(methods)), [shown(method, 34) for method in methods])
    axes.set(ylim=(len(methods) - 0.5, -0.5), xlabel="worse ← difference → better")
    axes.grid(axis="x")
    return figure


def _marks(axes: Axes, source: Source, look: tuple[str, str], heights: Float[np.ndarray, " M"]) -> None:
    tone, shape = look
    sides = source.low_frequency
    reach = np.maximum(np.stack([sides.difference - sides.low, sides.high - sides.difference]), 0)
    axes.errorbar(sides.difference, heights, xerr=reach, fmt="none", ecolor=tone, elinewidth=1.2, capsize=2.5)
    axes.plot(sides.difference, heights, shape, color=tone, markersize=5, label=shown(source.name, 60))
