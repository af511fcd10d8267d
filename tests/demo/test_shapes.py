from functools import partial

import numpy as np
import pytest

from tailprobe.demo.fields import SIZE, fractal_noise
from tailprobe.demo.shapes import (
    blob,
    crossing_path,
    fill,
    fray,
    plot,
    rectangle,
    soften,
    stroke,
    winding_path,
)

MIDDLE = np.array([128.0, 128.0])


def test_a_filled_rectangle_covers_its_area():
    outline = rectangle(MIDDLE, width=60, height=30, angle=0.7)
    assert fill([outline]).sum() == pytest.approx(1800, rel=0.05)


def test_a_stroke_covers_its_length_times_its_width():
    path = np.array([[20.0, 50.0], [220.0, 50.0]])
    assert stroke([path], width=4).sum() == pytest.approx(800, rel=0.15)


def test_shapes_beyond_the_tile_are_cut_off():
    assert fill([rectangle(np.array([-500.0, -500.0]), width=20, height=20, angle=0.0)]).max() == 0
    assert fill([rectangle(np.zeros(2), width=2000, height=2000, angle=0.3)]).min() == 1


def test_nothing_to_fill_is_an_empty_mask():
    assert fill([]).shape == (SIZE, SIZE)
    assert fill([]).max() == 0


@pytest.mark.parametrize("seed", range(5))
def test_a_crossing_path_enters_the_tile(seed):
    path = crossing_path(np.random.default_rng(seed), bend=0.3)
    assert ((path > 0) & (path < SIZE)).all(axis=1).sum() > 10


def test_a_path_without_bend_is_straight():
    path = winding_path(np.random.default_rng(0), start=np.array([10.0, 10.0]), heading=0.0, length=80, bend=0.0)
    np.testing.assert_allclose(path[:, 1], 10)
    np.testing.assert_allclose(np.diff(path[:, 0]), 4)


@pytest.mark.parametrize("outline", [partial(blob, radius=40, jag=0.4), partial(plot, radius=40, corners=6)])
def test_outlines_are_about_as_large_as_asked(outline):
    areas = [fill([outline(np.random.default_rng(seed), center=MIDDLE)]).sum() for seed in range(20)]
    assert np.mean(areas) == pytest.approx(np.pi * 40**2, rel=0.3)


def test_frayed_and_softened_masks_stay_between_nothing_and_all():
    rng = np.random.default_rng(0)
    mask = fill([blob(rng, center=MIDDLE, radius=40, jag=0.5)])
    for edged in (fray(mask, fractal_noise(rng, cells=16, octaves=3), by=2), soften(mask, pixels=8)):
        assert edged.min() >= 0
        assert edged.max() <= 1
        assert edged.sum() == pytest.approx(mask.sum(), rel=0.35)
