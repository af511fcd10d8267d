import numpy as np
import pytest
from scipy import stats

from tailprobe.comparison.improvement import performance_profile, probability_of_improvement
from tailprobe.errors import InputError


def test_the_probability_of_improvement_is_mann_whitneys_u_over_the_pairs():
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 5, (7, 3)).astype(float), rng.integers(0, 5, (6, 3)).astype(float)
    expected = np.mean([stats.mannwhitneyu(x[:, b], y[:, b]).statistic / 42 for b in range(3)])
    found = probability_of_improvement(x, y, rng=rng, resamples=200)
    assert found.value == pytest.approx(expected)
    assert found.low < found.value < found.high


def test_a_profile_falls_from_one_to_none():
    values = np.random.default_rng(0).random((10, 4))
    found = performance_profile(values, np.linspace(-0.01, 1, 30), rng=np.random.default_rng(1), resamples=100)
    assert (np.diff(found.value) <= 0).all()
    assert (found.value[0], found.value[-1]) == (1, 0)
    assert (found.low <= found.value).all()
    assert (found.value <= found.high).all()


def test_seeds_are_resampled_within_data_sets_and_data_sets_are_fixed():
    # Data sets far apart: drawing them would move the share of runs above 5, drawing seeds within them cannot.
    values = np.array([0.0, 10.0, 100.0]) + np.random.default_rng(0).normal(0, 0.1, (50, 3))
    found = performance_profile(values, np.array([5.0, 0.0]), rng=np.random.default_rng(1), resamples=200)
    assert found.low[0] == found.value[0] == found.high[0] == pytest.approx(2 / 3)
    assert found.low[1] < found.value[1] < found.high[1]


def test_a_missing_value_or_another_data_set_is_reported():
    rng = np.random.default_rng(0)
    with pytest.raises(InputError, match="every seed and data set"):
        performance_profile(np.array([[np.nan]]), np.zeros(1), rng=rng)
    with pytest.raises(InputError, match="data sets; expected the same"):
        probability_of_improvement(np.ones((2, 2)), np.ones((2, 3)), rng=rng)
