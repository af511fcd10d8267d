"""What the rare classes gain against what the others lose."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure

from tailprobe.report.frame import new_figure
from tailprobe.report.style import INK, MUTED, colours_of, markers_of, styled
from tailprobe.report.text import shown

Sides = tuple[Float[np.ndarray, " M"], Float[np.ndarray, " M"], Float[np.ndarray, " M"]]  # difference, low, high


@styled
def trade_off(
    low_frequency: Sides,
    remaining: Sides,
    *,
    methods: Sequence[str],
    metric: str,
    encoder: str,
    reach: str,
    colours: Mapping[str, str] | None = None,
    shapes: Mapping[str, str] | None = None,
) -> Figure:
    """Draw each method's difference on the low-frequency classes over that on the others, with whiskers both ways.

    Args:
        low_frequency, remaining: differences from the baseline and their bounds, (M,) each.
        methods: (M,), without the baseline.
        reach: what the whiskers are.
        colours, shapes: of each method.
    """
    colours, shapes = colours_of(methods, colours), markers_of(methods, shapes)
    words = shown(metric.replace("_", " "), 40)
    figure = new_figure(
        title="What the rare classes gain, what the others lose",
        subtitle=f"difference from the baseline in {words} · encoder {shown(encoder, 40)}",
        caption=f"Up is a gain for the low-frequency classes, left a loss for the remaining ones. Whiskers: {reach}.",
        body=4.6,
    )
    axes = figure.subplots()
    axes.axhline(0, color=MUTED, linewidth=0.9)
    axes.axvline(0, color=MUTED, linewidth=0.9)
    for m, method in enumerate(methods):
        (x, x_low, x_high), (y, y_low, y_high) = ([side[m] for side in sides] for sides in (remaining, low_frequency))
        axes.plot([x_low, x_high], [y, y], color=colours[method], linewidth=1, alpha=0.7)
        axes.plot([x, x], [y_low, y_high], color=colours[method], linewidth=1, alpha=0.7)
        axes.plot(
            [x], [y], shapes[method], color=colours[method], markeredgecolor=INK, markeredgewidth=0.6, markersize=8,
            label=shown(method, 34), linestyle="none",
        )  # fmt: skip
    axes.set_xlabel("difference on the remaining classes")
    axes.set_ylabel("difference on the low-frequency classes")
    axes.grid(True)
    axes.legend(loc="best", fontsize=8)
    return figure
