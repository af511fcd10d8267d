import numpy as np
import pytest

from tailprobe.errors import InputError
from tailprobe.report.figures import sample_images
from tailprobe.report.samples import sample_rows
from tailprobe.report.style import LOW_FREQUENCY


def _tile(height, width):
    return np.full((height, width, 3), 120, dtype=np.uint8)


def test_each_tile_keeps_its_shape_and_shows_its_tags_rare_ones_first():
    tags = [["primary", "blow_down"], ["clear"], []]
    figure = sample_images([_tile(40, 80), _tile(80, 40), _tile(64, 64)], tags, low_frequency={"blow_down"})
    (axes,) = figure.axes
    shapes = [
        (image.get_extent()[3] - image.get_extent()[2]) / (image.get_extent()[1] - image.get_extent()[0])
        for image in axes.images
    ]
    np.testing.assert_allclose(shapes, [0.5, 2, 1])
    assert [(text.get_text(), text.get_color() == LOW_FREQUENCY) for text in axes.texts] == [
        ("blow_down", True),
        ("primary", False),
        ("clear", False),
    ]


def test_tags_beyond_the_room_are_counted():
    figure = sample_images([_tile(8, 8)], [[f"tag{i}" for i in range(9)]], low_frequency=())
    assert figure.axes[0].texts[-1].get_text() == "and 5 more"


def test_no_image_is_refused():
    with pytest.raises(InputError, match="no sample image"):
        sample_images([], [], low_frequency=())


def test_every_class_is_shown_rare_ones_first():
    generator = np.random.default_rng(0)
    matrix = generator.random((300, 6)) < [0.9, 0.5, 0.3, 0.05, 0.03, 0.0]
    low = np.array([False, False, False, True, True, True])
    rows = sample_rows(matrix, low, number=12, generator=np.random.default_rng(1))
    assert len(rows) == len(set(rows.tolist())) == 12
    assert matrix[rows].any(axis=0).tolist() == [True] * 5 + [False]
    rarest = min((3, 4), key=lambda c: matrix[:, c].sum())
    assert matrix[rows[0], rarest]
    again = sample_rows(matrix, low, number=12, generator=np.random.default_rng(1))
    np.testing.assert_array_equal(rows, again)


def test_no_more_rows_are_chosen_than_there_are():
    matrix = np.ones((2, 1), dtype=bool)
    rows = sample_rows(matrix, np.array([False]), number=9, generator=np.random.default_rng(0))
    assert sorted(rows.tolist()) == [0, 1]
