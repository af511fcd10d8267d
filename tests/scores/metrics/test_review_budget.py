import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import recall_score

from tailprobe.errors import InputError
from tailprobe.ranking import rank
from tailprobe.scores.metric import Sample, find_metric
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
