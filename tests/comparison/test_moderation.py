import numpy as np
import pytest

from tailprobe.comparison.moderation import moderate
from tailprobe.comparison.shared import steady_covariance


def drawn(rng, *, methods=6, classes=12, seeds=10, own=0.0):
    """Variances of nine degrees of freedom about true ones that follow the support."""
    support = np.geomspace(5, 500, classes)
    true = (1 + 0.2 * np.log(support)) * np.exp(rng.normal(0, own, (methods, classes))) / support
    found = true * rng.chisquare(seeds - 1, (methods, classes)) / (seeds - 1)
    image = np.broadcast_to(1 / support, found.shape)
    return true, found, image, np.full(found.shape, seeds), support


def test_alike_variances_come_nearer_to_the_truth_and_gain_degrees_of_freedom():
    nearer, gained = [], []
    for seed in range(20):
        true, found, image, seeds, support = drawn(np.random.default_rng(seed))
        steady, degrees = moderate(found, image.copy(), seeds=seeds, support=support)
        nearer.append(np.abs(np.log(steady / true)).mean() / np.abs(np.log(found / true)).mean())
        gained.append(degrees.mean())
    assert np.mean(nearer) < 0.6
    assert np.mean(gained) > 30


def test_unlike_variances_are_left_nearly_as_they_are():
    _, found, image, seeds, support = drawn(np.random.default_rng(0), own=2.0)
    steady, degrees = moderate(found, image.copy(), seeds=seeds, support=support)
    assert degrees.mean() < 12
    assert np.abs(np.log(steady / found)).mean() < 0.3


def test_a_moderated_t_holds_its_level():
    rng = np.random.default_rng(5)
    from scipy import stats

    p = []
    for _ in range(200):
        true, found, image, seeds, support = drawn(rng, methods=3, classes=8, own=0.5)
        steady, degrees = moderate(found, image.copy(), seeds=seeds, support=support)
        p.append(2 * stats.t.sf(np.abs(rng.normal(0, np.sqrt(true))) / np.sqrt(steady), degrees))
    assert np.mean(np.array(p) < 0.05) == pytest.approx(0.05, abs=0.012)
    assert np.mean(np.array(p) < 0.001) == pytest.approx(0.001, abs=0.001)


def test_what_has_no_spread_is_left_alone():
    zero, one = np.zeros((2, 3)), np.ones((2, 3))
    seeds = np.full((2, 3), 4)
    for variance, image in ((zero, one), (one, zero), (one, np.full((2, 3), np.nan))):
        steady, degrees = moderate(variance, image, seeds=seeds, support=np.ones(3))
        np.testing.assert_array_equal(steady, variance)
        np.testing.assert_array_equal(degrees, 3)


def test_permuting_methods_and_classes_permutes_the_results():
    _, found, image, seeds, support = drawn(np.random.default_rng(2), own=0.4)
    steady, degrees = moderate(found, image.copy(), seeds=seeds, support=support)
    rng = np.random.default_rng(0)
    m, k = rng.permutation(6), rng.permutation(12)
    again = moderate(found[m][:, k], image[m][:, k], seeds=seeds, support=support[k])
    np.testing.assert_allclose(again[0], steady[m][:, k])
    np.testing.assert_allclose(again[1], degrees[m][:, k])


def test_covariances_about_zero_are_taken_together_and_large_ones_kept():
    rng = np.random.default_rng(0)
    support, image = np.geomspace(5, 100, 12), np.ones((1, 12))
    error = 0.02 / support
    small, doubt = steady_covariance(
        rng.normal(0, np.sqrt(error))[None], error[None], image, support=support, classes=12
    )
    assert small.max() < 0.02
    assert (doubt < error).mean() > 0.8
    large, _ = steady_covariance(
        np.where(support > 50, 0.2, 0.0)[None], error[None], image, support=support, classes=12
    )
    np.testing.assert_allclose(large[0, support > 50], 0.2, atol=0.02)


def test_groups_keep_their_own_covariance():
    covariance = np.array([[0.1, 0.2, 0.0, 0.1, 0.3, -0.1]])
    steady, error = steady_covariance(
        covariance, np.full((1, 6), 0.01), np.ones((1, 6)), support=np.full(6, 10.0), classes=4
    )
    np.testing.assert_allclose(steady[0, 4:], [0.3, 0.0])
    np.testing.assert_allclose(error[0, 4:], 0.01)
