import numpy as np
import pytest

from tailprobe.errors import InputError
from tailprobe.report.figures import sample_images
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
