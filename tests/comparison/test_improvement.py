import numpy as np
import pytest
from scipy import stats

from tailprobe.comparison.improvement import (
    SharedImages,
    interquartile_mean,
    performance_profile,
    probability_of_improvement,
)
from tailprobe.errors import InputError


def test_the_probability_of_improvement_is_mann_whitneys_u_over_the_pairs():
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 5, (7, 3)).astype(float), rng.integers(0, 5, (7, 3)).astype(float)
    expected = np.mean([stats.mannwhitneyu(x[:, b], y[:, b]).statistic / 49 for b in range(3)])
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
    with pytest.raises(InputError, match="seeds and data sets; expected the same"):
        probability_of_improvement(np.ones((2, 2)), np.ones((2, 3)), rng=rng)


def test_the_middle_half_of_the_runs_is_averaged():
    values = np.random.default_rng(0).random((8, 3))
    found = interquartile_mean(values, rng=np.random.default_rng(1), resamples=200)
    assert found.value == pytest.approx(np.sort(values.ravel())[6:18].mean())
    assert found.low < found.value < found.high


@pytest.mark.slow
def test_intervals_hold_where_the_seeds_of_a_collection_share_its_images():
    """Each collection shifts all of its seeds alike; as if seeds were independent, intervals are far too narrow."""
    rng = np.random.default_rng(0)
    seeds, between, common = 10, 0.02, 0.02
    truth = stats.norm.cdf(0.01 / np.hypot(np.sqrt(2) * between, common))  # of a run on another collection
    held = np.zeros(2)
    for _ in range(120):
        other = rng.normal(0, between, (seeds, 1))
        method = 0.01 + rng.normal(0, common) + rng.normal(0, between, (seeds, 1))
        for k, shared in enumerate((None, SharedImages(np.zeros(1, int), np.array([common])))):
            found = probability_of_improvement(method, other, rng=rng, shared=shared, resamples=200)
            held[k] += found.low <= truth <= found.high
    assert held[0] / 120 < 0.8
    assert held[1] / 120 > 0.9


def test_the_encoders_of_a_collection_are_drawn_with_the_same_seeds_and_shifted_together():
    shared = SharedImages(np.array([4, 4, 9]), np.array([0.1, 0.2, 0.1]))
    seeds, shift = shared.resample(50, np.random.default_rng(0), 3)
    np.testing.assert_array_equal(seeds[..., 0], seeds[..., 1])
    assert (seeds[..., 0] != seeds[..., 2]).any()
    np.testing.assert_allclose(shift[..., 1], 2 * shift[..., 0])
    assert len(np.unique(shift[..., 0])) == 3
