from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from scipy.special import expit
from statsmodels.discrete.discrete_model import Logit
from statsmodels.stats.power import TTestPower

from tailprobe.comparison.inference import Estimate, estimate, estimate_levels, estimate_shrunk, limit_df, rule_of_three
from tailprobe.comparison.variance import VarianceAccumulator, effective_number, stack


def paired(values):
    total = VarianceAccumulator(images=2, columns=1)
    for value in values:
        total.add(np.array([value]), np.array([0, 1]), np.zeros((2, 1)))
    return estimate(total.components())


def known(mean, standard_error, df, *, effect_spread=0.0):
    error, all_df = np.array(standard_error), np.full(len(mean), df)
    spread = np.full(len(mean), effect_spread)
    return Estimate(np.array(mean), error, all_df, error, np.zeros(len(mean)), all_df, spread)


def test_without_shared_images_it_is_scipys_one_sample_t_test():
    values = np.random.default_rng(0).normal(0.3, 1, 8)
    found, expected = paired(values), stats.ttest_1samp(values, 0)
    assert found.p()[0] == pytest.approx(expected.pvalue)
    low, high = found.interval()
    assert (low[0], high[0]) == pytest.approx(tuple(expected.confidence_interval(0.95)))


def test_heads_that_share_training_images_say_less_than_as_many_that_share_none():
    total = VarianceAccumulator(images=2, columns=1)
    for value in np.random.default_rng(0).normal(0.8, 0.05, 10):
        total.add(np.array([value]), np.array([0, 1]), np.zeros((2, 1)))
    plain, shared = estimate(total.components()), estimate_levels(total.components())
    assert shared.mean == plain.mean
    assert shared.standard_error[0] ** 2 == pytest.approx(plain.standard_error[0] ** 2 * (1 + 10 * 0.03))
    assert shared.df == plain.df


def test_the_minimum_detectable_effect_has_about_the_power_it_says():
    values = np.random.default_rng(0).normal(0, 1, 20)
    found = paired(values)
    effect = found.minimum_detectable_effect(level=0.05)[0] / values.std(ddof=1)
    assert TTestPower().power(effect, nobs=20, alpha=0.05) == pytest.approx(0.8, abs=0.01)


def test_the_probability_of_benefit_is_the_one_sided_p_value_turned_around():
    found = known([0.2, -0.2], [0.1, 0.1], 9.0)
    np.testing.assert_allclose(found.probability_of_benefit(), [1 - found.p()[0] / 2, found.p()[1] / 2])


def test_an_interval_holds_the_means_that_its_test_does_not_reject():
    found = known([0.3, -0.05], [0.02, 0.03], 9.0, effect_spread=0.1)
    low, high = found.interval()
    for mean, error, lower, upper in zip(found.mean, found.standard_error, low, high, strict=True):
        trial = np.linspace(-1, 1, 20_001)
        kept = trial[np.abs(mean - trial) <= stats.t.isf(0.025, 9) * np.hypot(error, 0.1 * trial)]
        assert (kept[0], kept[-1]) == pytest.approx((lower, upper), abs=2e-4)


def test_an_effect_that_differs_between_collections_leaves_the_test_of_none_as_it_is():
    p_values = np.array([0.001, 0.049, 0.051, 0.6])
    means = stats.t.isf(p_values / 2, 2) * np.array([0.01, -0.01, 0.01, -0.01])
    found = known(means, [0.01] * 4, 2.0, effect_spread=0.1)
    np.testing.assert_allclose(found.p(), p_values)
    low, high = found.interval()
    np.testing.assert_array_equal((low > 0) | (high < 0), p_values < 0.05)


def test_intervals_of_effects_that_differ_between_collections_hold_their_mean():
    rng, effect, error = np.random.default_rng(0), 0.1, 0.01
    means = rng.normal(effect, np.hypot(error, 0.1 * effect), 4000)
    held = {}
    for spread in (0.0, 0.1):
        low, high = known(means, np.full(4000, error), np.inf, effect_spread=spread).interval()
        held[spread] = ((low <= effect) & (effect <= high)).mean()
    assert held[0.1] == pytest.approx(0.95, abs=0.01)
    assert held[0.0] < 0.86


def test_numbers_without_any_spread_get_the_interval_of_the_rule_of_three():
    found = known([1.0, 1.0], [0.0, 0.2], 9.0)
    widened = rule_of_three(found, support=np.array([30.0, 30.0]))
    assert widened.interval()[0][0] == pytest.approx(0.9)
    assert widened.standard_error[1] == 0.2


def test_the_interval_of_a_share_is_that_of_a_logistic_regression():
    cases = np.repeat([1.0, 0.0], [18, 2])
    found = known([0.9], [np.sqrt(0.9 * 0.1 / 20)], np.inf)
    expected = Logit(cases, np.ones(20)).fit(disp=False).conf_int()[0]
    np.testing.assert_allclose(np.stack(found.logit_interval())[:, 0], expit(expected), rtol=1e-6)


def test_the_interval_of_a_share_at_its_end_is_cut_off_there():
    found = known([0.0, 1.0], [0.1, 0.1], np.inf)
    np.testing.assert_allclose(np.stack(found.logit_interval()), [[0, 1 - 0.196], [0.196, 1]], atol=1e-4)


def test_few_images_leave_as_many_degrees_of_freedom_as_their_variance_is_uncertain():
    # 200 images, one in ten with any influence: over collections the sum of squares varies as that of a chi-square of
    # `limit_df` degrees of freedom does, whose relative variance is 2 / df.
    rng = np.random.default_rng(0)
    influence = rng.normal(size=(200, 4000)) * (rng.random((200, 4000)) < 0.1)
    total = (influence**2).sum(axis=0)
    df = limit_df(np.full(4000, np.inf), effective_number(influence))
    assert 2 / total.var() * total.mean() ** 2 == pytest.approx(np.median(df), rel=0.12)


def test_tuned_thresholds_share_validation_images_between_seeds():
    total = VarianceAccumulator(images=60, columns=1)
    rng = np.random.default_rng(1)
    for _ in range(20):
        total.add(rng.normal(size=1), np.arange(60), np.zeros((60, 1)))
    components = stack([total.components()])
    plain, tuned = (
        estimate_shrunk(components, support=np.full(1, 30.0), classes=0, tuned=which) for which in (False, True)
    )
    assert tuned.standard_error[0, 0] == pytest.approx(plain.standard_error[0, 0] * np.sqrt(1 + 20 * 0.03))
    assert tuned.standard_error_seeds[0, 0] == plain.standard_error_seeds[0, 0]


def test_groups_keep_the_degrees_of_freedom_that_their_classes_lose():
    total = VarianceAccumulator(images=60, columns=4)
    rng = np.random.default_rng(1)
    for _ in range(6):
        total.add(rng.normal(size=4), np.arange(60), 0.05 * rng.normal(size=(60, 4)))
    components = stack([total.components()])
    found = estimate_shrunk(components, support=np.full(4, 30.0), classes=3)
    every = estimate_shrunk(
        replace(components, effective_images=np.full((1, 4), np.inf)), support=np.full(4, 30.0), classes=3
    )
    images = components.effective_images[0, :3]
    np.testing.assert_allclose(1 / found.df[0, :3], 1 / every.df[0, :3] + 1 / (2 * images))
    wider = found.standard_error[0, :3] / every.standard_error[0, :3]
    np.testing.assert_allclose(wider**2, 1 + 2 / images)
    assert found.standard_error[0, 3] == every.standard_error[0, 3]
    parts = np.hypot(found.standard_error_seeds, found.standard_error_images)
    np.testing.assert_allclose(parts, found.standard_error)
    assert found.df[0, 3] == every.df[0, 3]
