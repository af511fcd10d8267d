"""The joint test against independent computations: Šidák's formula, the multivariate normal, brute force."""

import numpy as np
import pytest
from scipy import stats

from tailprobe.comparison.min_p import SingleStep, single_step


def equal_correlation(members, correlation):
    return (1 - correlation) * np.eye(members) + correlation


@pytest.mark.parametrize("members", [2, 8, 40])
def test_independent_members_have_sidaks_critical_level(members):
    found = single_step(np.eye(members), members=members, level=0.04).critical_level
    assert found == pytest.approx(1 - 0.96 ** (1 / members), rel=0.05)


@pytest.mark.parametrize("correlation", [0.5, 0.9])
def test_the_critical_level_is_that_of_the_multivariate_normal_distribution(correlation):
    R = equal_correlation(4, correlation)
    z = stats.norm.isf(single_step(R, members=4, level=0.05).critical_level / 2)
    inside = stats.multivariate_normal(np.zeros(4), R).cdf(np.full(4, z), lower_limit=np.full(4, -z))
    assert inside == pytest.approx(0.95, abs=0.003)


def test_members_that_are_one_and_the_same_cost_nothing():
    R = 1e-9 * np.eye(8) + (1 - 1e-9)
    assert single_step(R, members=8, level=0.04).critical_level == pytest.approx(0.04, rel=0.05)


def test_adjusted_p_values_are_the_chance_of_a_smaller_one_anywhere():
    R, p = equal_correlation(3, 0.7), np.array([0.001, 0.01, 0.03, 0.2])
    found = single_step(R, members=3, level=0.05).adjust(p)
    z = np.random.default_rng(5).multivariate_normal(np.zeros(3), R, size=400_000)
    q = 2 * stats.norm.sf(np.abs(z).max(axis=1))
    np.testing.assert_allclose(found, [(q <= each).mean() for each in p], rtol=0.1)


@pytest.mark.parametrize("test", [SingleStep(5, 0.04), single_step(equal_correlation(5, 0.6), members=5, level=0.04)])
def test_a_member_is_rejected_at_the_critical_level_just_where_its_adjusted_p_value_is_at_the_level(test):
    p = np.concatenate([np.linspace(0, 0.05, 20_001), [1.0]])
    assert ((test.adjust(p) <= test.level) == (p <= test.critical_level)).mean() > 0.9999
    assert (test.adjust(p) >= p).all()
    assert (test.adjust(p) <= np.minimum(5 * p, 1)).all()


def test_one_member_is_tested_at_the_level_itself():
    test = single_step(np.eye(1), members=1, level=0.04)
    assert test.critical_level == 0.04
    assert test.adjust(np.array([0.03])).tolist() == [0.03]
