import numpy as np
import pytest
from matplotlib.colors import to_hex

from tailprobe.report.figures.cooccurrence import cooccurrence, shares
from tailprobe.report.style import LOW_FREQUENCY

COUNTS = np.array([[40, 10, 0], [10, 100, 3], [0, 3, 4]])
NAMES = ["road", "forest", "mine"]
LOW = np.array([False, False, True])


def test_a_share_is_of_the_rows_own_images():
    expected = np.array([[np.nan, 10 / 40, 0], [10 / 100, np.nan, 3 / 100], [0, 3 / 4, np.nan]])
    np.testing.assert_allclose(shares(COUNTS), expected)


def test_a_class_without_images_has_no_shares():
    found = shares(np.array([[5, 0], [0, 0]]))
    assert np.isnan(found[1]).all()
    assert found[0, 1] == 0


def test_rows_stand_in_descending_order_with_their_images_and_cells_hold_the_shares():
    axes = cooccurrence(COUNTS, NAMES, LOW).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["forest  100", "road  40", "mine  4"]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["forest", "road", "mine"]
    assert to_hex(axes.get_yticklabels()[2].get_color()) == LOW_FREQUENCY
    drawn = np.ma.filled(axes.images[0].get_array(), np.nan)
    order = [1, 0, 2]
    np.testing.assert_allclose(drawn, 100 * shares(COUNTS)[np.ix_(order, order)])
    written = {text.get_position()[::-1]: text.get_text() for text in axes.texts}
    assert written == {(1, 2): "10", (1, 3): "3", (2, 1): "25", (3, 1): "75"}


def test_a_class_name_opens_no_formula():
    figure = cooccurrence(COUNTS, ["$x^2$", "forest", "mine"], LOW)
    figure.canvas.draw()


@pytest.mark.parametrize("size", [1, 36, 120])
def test_one_class_and_many_draw_without_a_warning(size):
    matrix = np.random.default_rng(0).random((300, size)) < np.geomspace(0.5, 0.05, size)
    counts = matrix.T.astype(np.int64) @ matrix.astype(np.int64)
    figure = cooccurrence(counts, [f"scene_{i}" for i in range(size)], np.arange(size) > size // 2)
    figure.canvas.draw()
    assert bool(figure.axes[0].get_ylabel()) == (size > 45)
