import numpy as np
import pytest
from scipy.interpolate import BSpline

from tailprobe.demo.fields import SIZE, _spline_weights, fractal_noise, slope, smooth_noise, step


def test_weights_are_scipys_cubic_b_splines_but_for_the_scale():
    cells = 7
    knots = np.arange(-3, cells + 4, dtype=float)
    places = (np.arange(SIZE) + 0.5) * cells / SIZE
    expected = BSpline.design_matrix(places, knots, 3).toarray()
    found = _spline_weights(cells, SIZE)
    np.testing.assert_allclose(found / found.sum(axis=1, keepdims=True), expected, atol=1e-5)


@pytest.mark.parametrize(("cells", "octaves"), [(8, 1), (4, 5), (60, 2)])
def test_fields_have_unit_deviation(cells, octaves):
    rng = np.random.default_rng(0)
    fields = np.stack([fractal_noise(rng, cells=cells, octaves=octaves) for _ in range(30)])
    assert fields.std() == pytest.approx(1, rel=0.06)
    assert fields.dtype == np.float32


def test_more_cells_vary_faster():
    rough = [np.abs(np.diff(smooth_noise(np.random.default_rng(0), cells=cells))).mean() for cells in (4, 16, 64)]
    assert rough[0] < rough[1] < rough[2]


def test_a_fractal_is_the_sum_of_its_octaves():
    rng = np.random.default_rng(3)
    by_hand = sum(0.5**octave * smooth_noise(rng, cells=4 << octave) for octave in range(3)) / np.sqrt(
        1 + 0.25 + 0.0625
    )
    np.testing.assert_allclose(fractal_noise(np.random.default_rng(3), cells=4, octaves=3), by_hand, atol=1e-5)


def test_a_step_goes_from_nothing_to_all():
    np.testing.assert_allclose(
        step(np.array([0, 0.9, 1, 1.1, 2], np.float32), at=1, width=0.2), [0, 0, 0.5, 1, 1], atol=1e-6
    )


def test_a_slope_towards_the_columns_rises_with_them():
    ramp = np.tile(np.arange(SIZE, dtype=np.float32), (SIZE, 1))
    np.testing.assert_allclose(slope(ramp, 0.0)[:, 1:], 1, atol=1e-6)
    np.testing.assert_allclose(slope(ramp, np.pi / 2)[1:, 1:], 0, atol=1e-6)
