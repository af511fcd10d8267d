import numpy as np
import pytest
from scipy import stats

from tailprobe.comparison.covariance_shrinkage import shrink_covariances
from tailprobe.comparison.variance_shrinkage import shrink_variances


def drawn(rng, *, methods=6, classes=12, seeds=10, own=0.0, uneven=0.0):
    """Differences over seeds, their variances about true ones that follow the support, and what else is asked."""
    support = np.geomspace(5, 500, classes)
    level = (1 + 0.2 * np.log(support)) * np.exp(rng.normal(0, uneven, classes)) / support / 2
    arms = level * np.exp(rng.normal(0, own, (methods + 1, classes)))  # the baseline's first
    heads = rng.normal(0, np.sqrt(arms)[:, None], (methods + 1, seeds, classes))
    per_seed = heads[1:] - heads[0]
    given = {"seeds": np.full((methods, classes), seeds), "support": support, "classes": classes}
    image = np.broadcast_to(1 / support, (methods, classes)).copy()
    return arms[1:] + arms[0], per_seed.var(axis=1, ddof=1), image, given


def test_alike_variances_come_nearer_to_the_truth_and_gain_degrees_of_freedom():
    nearer, gained = [], []
    for seed in range(20):
        true, found, image, given = drawn(np.random.default_rng(seed))
        steady, degrees = shrink_variances(found, image, **given)
        nearer.append(np.abs(np.log(steady / true)).mean() / np.abs(np.log(found / true)).mean())
        gained.append(degrees.mean())
    assert np.mean(nearer) < 0.6
    assert np.mean(gained) > 30


def test_the_prior_is_the_one_that_variances_were_drawn_from():
    # s^2 ~ s0^2 F(d, d0), the model of the moderated t (Smyth 2004, section 3): the line of the posterior variances
    # in those that were found gives away both the prior's degrees of freedom and its variance.
    rng, methods, classes, df, prior_df, prior = np.random.default_rng(0), 1, 20_000, 9, 12.0, 0.4
    found = (prior * stats.f.rvs(df, prior_df, size=classes, random_state=rng))[None]
    steady, degrees = shrink_variances(
        found,
        np.ones((methods, classes)),
        seeds=np.full((methods, classes), df + 1),
        support=np.ones(classes),
        classes=classes,
    )
    slope, level = np.polyfit(found[0], steady[0], 1)  # df / (df + d0), and d0 prior / (df + d0)
    assert degrees[0, 0] == pytest.approx(df + prior_df, rel=0.05)
    assert slope == pytest.approx(df / (df + prior_df), rel=0.05)
    assert level == pytest.approx(prior_df * prior / (df + prior_df), rel=0.05)


def test_variances_that_follow_the_support_are_shrunk_along_it():
    # A seed variance that is the same for every class, beside a sampling variance that falls with the positives: a
    # prior of one mean would make the frequent classes' too small and the rare ones' too large.
    rng, support = np.random.default_rng(0), np.geomspace(5, 500, 12)
    given = {"seeds": np.full((4, 12), 10), "support": support, "classes": 12}
    image = np.broadcast_to(1 / support, (4, 12))
    steady = np.array([shrink_variances(rng.chisquare(9, (4, 12)) / 9, image, **given)[0] for _ in range(200)])
    np.testing.assert_allclose(steady.mean(axis=(0, 1)), 1, atol=0.06)


def test_a_class_whose_heads_vary_the_most_keeps_most_of_its_variance():
    rng, true = np.random.default_rng(0), np.tile([0.1, 1.0, 10.0], 4)
    given = {"seeds": np.full((8, 12), 3), "support": np.full(12, 20.0), "classes": 12}
    found = [true * rng.chisquare(2, (8, 12)) / 2 for _ in range(300)]
    steady = np.array([shrink_variances(each, np.ones((8, 12)), **given)[0] for each in found])
    assert steady[..., true == 10.0].mean() > 7.4  # 6.6 with one prior for all classes


def test_unlike_variances_are_left_nearly_as_they_are():
    _, found, image, given = drawn(np.random.default_rng(0), own=2.0)
    steady, degrees = shrink_variances(found, image, **given)
    assert degrees.mean() < 12
    assert np.abs(np.log(steady / found)).mean() < 0.3


def test_a_moderated_t_holds_its_level():
    rng = np.random.default_rng(5)
    p = []
    for _ in range(200):
        true, found, image, given = drawn(rng, methods=3, classes=8, own=0.5)
        steady, degrees = shrink_variances(found, image, **given)
        p.append(2 * stats.t.sf(np.abs(rng.normal(0, np.sqrt(true))) / np.sqrt(steady), degrees))
    assert np.mean(np.array(p) < 0.05) == pytest.approx(0.05, abs=0.012)
    assert np.mean(np.array(p) < 0.001) == pytest.approx(0.001, abs=0.001)


def test_groups_are_made_of_classes_and_add_no_degrees_of_freedom():
    _, found, image, given = drawn(np.random.default_rng(0), methods=1, classes=10, seeds=4)
    _, degrees = shrink_variances(found, image, **(given | {"classes": 4}))
    assert degrees.max() <= 4 * 3


@pytest.mark.parametrize(("methods", "classes"), [(1, 4), (4, 12)])
def test_few_seeds_make_no_variance_smaller_than_it_is(methods: int, classes: int):
    found = []
    for seed in range(400):
        true, own, image, given = drawn(np.random.default_rng(seed), methods=methods, classes=classes, seeds=3)
        found.append(shrink_variances(own, image, **given)[0] / true)
    assert np.mean(found) > 0.95


def test_with_few_seeds_the_others_count_little():
    for seeds in (2, 3, 10):
        _, found, image, given = drawn(np.random.default_rng(1), seeds=seeds)
        _, degrees = shrink_variances(found, image, **given)
        own = seeds - 1
        assert own < degrees.max() <= own + own**2 / 2


def test_what_has_no_spread_is_left_alone():
    zero, one = np.zeros((2, 3)), np.ones((2, 3))
    seeds = np.full((2, 3), 4)
    for variance, image in ((zero, one), (one, zero), (one, np.full((2, 3), np.nan))):
        steady, degrees = shrink_variances(variance, image, seeds=seeds, support=np.ones(3), classes=3)
        np.testing.assert_array_equal(steady, variance)
        np.testing.assert_array_equal(degrees, 3)


def test_permuting_methods_and_classes_permutes_the_results():
    _, found, image, given = drawn(np.random.default_rng(2), own=0.4)
    steady, degrees = shrink_variances(found, image, **given)
    rng = np.random.default_rng(0)
    m, k = rng.permutation(6), rng.permutation(12)
    again = shrink_variances(found[m][:, k], image[m][:, k], **(given | {"support": given["support"][k]}))
    np.testing.assert_allclose(again[0], steady[m][:, k])
    np.testing.assert_allclose(again[1], degrees[m][:, k])


def test_covariances_about_zero_are_taken_together_and_large_ones_kept():
    rng = np.random.default_rng(0)
    support, image = np.geomspace(5, 100, 12), np.ones((1, 12))
    error = 0.02 / support
    small, doubt = shrink_covariances(
        rng.normal(0, np.sqrt(error))[None], error[None], image, support=support, classes=12
    )
    assert small.max() < 0.02
    assert (doubt < error).mean() > 0.8
    large, _ = shrink_covariances(
        np.where(support > 50, 0.2, 0.0)[None], error[None], image, support=support, classes=12
    )
    np.testing.assert_allclose(large[0, support > 50], 0.2, atol=0.02)


def test_groups_keep_their_own_covariance():
    covariance = np.array([[0.1, 0.2, 0.0, 0.1, 0.3, -0.1]])
    steady, error = shrink_covariances(
        covariance, np.full((1, 6), 0.01), np.ones((1, 6)), support=np.full(6, 10.0), classes=4
    )
    np.testing.assert_allclose(steady[0, 4:], [0.3, 0.0])
    np.testing.assert_allclose(error[0, 4:], 0.01)
