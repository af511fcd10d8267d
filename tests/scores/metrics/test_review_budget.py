import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import recall_score

from tailprobe.errors import InputError
from tailprobe.ranking import rank
from tailprobe.scores.metric import Sample, find_metric, measure, metric_to_compare
from tailprobe.scores.metrics.review_budget import found_in_first, lift_in_first_of, recall_in_first_of


def drawn(seed, tied):
    rng = np.random.default_rng(seed)
    labels = rng.random((20, 2)) < [0.0, 0.4]
    return labels, rng.integers(0, 4, (20, 2)) / 4 if tied else rng.random((20, 2))


@given(st.integers(0, 500), st.integers(1, 25))
def test_recall_in_the_first_images_is_scikit_learns_recall_of_flagging_them(seed, budget):
    labels, scores = drawn(seed, tied=False)
    found = recall_in_first_of(rank(labels, scores), budget)
    assert np.isnan(found[0])
    if labels[:, 1].any():
        flagged = np.isin(np.arange(20), np.argsort(-scores[:, 1])[:budget])
        assert found[1] == pytest.approx(recall_score(labels[:, 1], flagged))


@given(st.integers(0, 200), st.integers(1, 20))
def test_of_a_tie_the_mean_over_its_orders_is_counted(seed, budget):
    labels, scores = drawn(seed, tied=True)
    y, s = labels[:, 1], scores[:, 1]
    border = np.sort(s)[::-1][budget - 1]
    above, at = s > border, s == border
    expected = y[above].sum() + y[at].mean() * (budget - above.sum())
    found = found_in_first(labels, scores, budget=budget)[1]
    assert found == pytest.approx(expected) if y.any() else np.isnan(found)


def test_lift_is_one_for_equal_scores_and_rows_over_positives_for_a_perfect_head():
    labels = np.arange(1000)[:, None] % 50 == 0
    assert lift_in_first_of(rank(labels, np.zeros((1000, 1))), 100) == pytest.approx(1)
    assert lift_in_first_of(rank(labels, labels.astype(float)), 20) == pytest.approx(50)


def test_everything_is_found_where_there_are_no_more_images_than_one_looks_at():
    labels, scores = drawn(0, tied=True)
    assert find_metric("recall_in_first_100").of_sample(Sample(labels, scores))[1] == 1
    assert find_metric("lift_in_first_100").of_sample(Sample(labels, scores))[1] == 1


def test_images_whose_label_is_not_known_are_not_looked_at():
    rng = np.random.default_rng(0)
    labels, scores, known = rng.random((300, 2)) < 0.2, rng.random((300, 2)), rng.random((300, 2)) < 0.6
    labels &= known
    found = find_metric("recall_in_first_100").of_sample(Sample(labels, scores, known=known))
    for c in range(2):
        rows = known[:, c]
        expected = found_in_first(labels[rows][:, [c]], scores[rows][:, [c]], budget=100)[0] / labels[rows, c].sum()
        assert found[c] == pytest.approx(expected)
        assert found[c] < 1


def test_a_budget_of_no_image_is_refused():
    with pytest.raises(InputError, match="expected 1 image or more"):
        found_in_first(np.array([[True]]), np.array([[0.5]]), budget=0)


def sampled(rng, rows):
    """Scores and labels of a class of one image in ten."""
    labels = rng.random(rows) < 0.1
    return labels[:, None], (rng.normal(size=rows) + 1.5 * labels)[:, None]


@pytest.mark.parametrize("name", ["recall_in_first_100", "lift_in_first_100"])
def test_squared_influences_are_the_variance_over_samples_of_images(name):
    rng, metric = np.random.default_rng(0), metric_to_compare(name)
    found = [measure(metric, Sample(*sampled(rng, 900))) for _ in range(400)]
    true = np.var([one.value[0] for one in found], ddof=1)
    assert np.mean([(one.influence**2).sum() for one in found]) == pytest.approx(true, rel=0.15)


def test_squared_influences_are_about_the_variance_of_a_jackknife_that_leaves_out_many():
    """Leaving out d images of n, Shao and Wu's jackknife of quantiles; one alone is inconsistent."""
    rng, rows, left_out = np.random.default_rng(1), 600, 150
    labels, scores = sampled(rng, rows)
    metric = metric_to_compare("recall_in_first_100")
    found = measure(metric, Sample(labels, scores))
    kept = [rng.permutation(rows)[left_out:] for _ in range(2000)]
    budget = round(100 * (rows - left_out) / rows)
    values = [recall_in_first_of(rank(labels[some], scores[some]), budget)[0] for some in kept]
    jackknife = (rows - left_out) / left_out * np.var(values)
    assert (found.influence**2).sum() == pytest.approx(jackknife, rel=0.2)


@given(st.integers(0, 200))
def test_influences_of_ties_add_up_to_zero(seed):
    rng = np.random.default_rng(seed)
    labels, scores = rng.random((150, 2)) < 0.3, rng.integers(0, 4, (150, 2)) / 4
    found = measure(metric_to_compare("recall_in_first_100"), Sample(labels, scores))
    np.testing.assert_allclose(found.influence.sum(axis=0), 0, atol=1e-12)
    assert (found.influence != 0).any()


def test_nothing_has_an_influence_where_every_image_is_looked_at():
    labels, scores = drawn(0, tied=False)
    assert (measure(metric_to_compare("lift_in_first_100"), Sample(labels, scores)).influence == 0).all()
