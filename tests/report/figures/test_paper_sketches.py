"""The paper's Figures 2 and 3: bars and rows as the methods make them."""

import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle

from tailprobe.report.figures.paper_sketches import FACTOR, drawn_rows, resampling_sketch, reweighting_sketch
from tailprobe.report.style import LOW_FREQUENCY


def _bars(figure):
    return [patch for patch in figure.axes[0].patches if isinstance(patch, Rectangle)]


def test_reweighting_adds_k_less_one_losses_to_each_image_of_a_low_frequency_class():
    bars = _bars(reweighting_sketch())
    rare = [bar for bar in bars if to_hex(bar.get_facecolor()) == LOW_FREQUENCY]
    added = [bar for bar in bars if bar.get_linestyle() not in ("-", "solid")]
    assert len(rare) == 2 * len(added) == 4
    for bar in added:
        base = next(b for b in rare if b.get_x() == bar.get_x())
        assert bar.get_height() == pytest.approx((FACTOR - 1) * base.get_height())
        assert bar.get_y() == pytest.approx(base.get_y() + base.get_height())


def test_resampling_draws_every_row_once_and_hatches_those_that_repeat():
    counts = (12, 8, 5, 3, 2)
    under, over = drawn_rows(counts, low=2, high=12)
    cells = _bars(resampling_sketch())
    assert len(cells) == sum(counts) + sum(under) + sum(over) == 30 + 10 + 60
    assert sum(bool(cell.get_hatch()) for cell in cells) == sum(over) - sum(counts)
