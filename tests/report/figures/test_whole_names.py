"""Names of methods stand whole over and beside their panels, and no heading meets the next."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from tailprobe.report.figures.resampled_distributions import resampled_distributions
from tailprobe.report.figures.training_curves import training_curves
from tailprobe.report.figures.write import fix_layout
from tailprobe.report.look import Look, drawn_as

NAME = "undersample(low-frequency)"


def drawn(methods: Mapping[str, int]) -> Figure:
    counts = {name: np.array([90, 9, 3]) for name in methods}
    return resampled_distributions(
        counts, ("forest", "mine", "fire"), np.array([False, False, True]), rows=methods, distinct=methods
    )


def learning_curves(methods: Mapping[str, int]) -> Figure:
    losses = {"training_loss": 0.5, "validation_loss": 0.4, "kept": True, "converged": True}
    rows = [{"encoder": "clip", "method": m, "seed": 0, "epoch": e, **losses} for m in methods for e in (1, 2)]
    return training_curves(pd.DataFrame(rows), encoder="clip", methods=list(methods))


@pytest.mark.parametrize("draw", [drawn, learning_curves])
@pytest.mark.parametrize("width", [3.3, 7.0, 9.0])
def test_headings_are_whole_and_do_not_meet(width: float, draw: Callable[[Mapping[str, int]], Figure]) -> None:
    with drawn_as(Look.of("paper", width, "")):
        figure = draw({"baseline": 100, NAME: 10, "oversample(largest)": 1000})
        fix_layout(figure)
        renderer = FigureCanvasAgg(figure).get_renderer()
        headings = [axes._left_title for axes in figure.axes if axes.get_visible()]
        assert NAME in {heading.get_text().replace("\n", "") for heading in headings}
        boxes = [heading.get_window_extent(renderer) for heading in headings]
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[i + 1 :])
