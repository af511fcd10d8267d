import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sk

from tailprobe.errors import InputError
from tailprobe.scores.metrics.precision_at_recall import precision_at_recall
from tailprobe.scores.metrics.roc_auc import partial_roc_auc, roc_auc


def drawn(seed, tied):
    rng = np.random.default_rng(seed)
    labels = rng.random((30, 3)) < [0.0, 0.3, 1.0]
    return labels, rng.integers(0, 5, (30, 3)) / 4 if tied else rng.random((30, 3))


@given(st.integers(0, 1000), st.booleans(), st.sampled_from([0.1, 0.5, 0.8, 1.0]))
def test_precision_at_a_recall_is_the_best_of_scikit_learns_curve(seed, tied, recall):
    labels, scores = drawn(seed, tied)
    found = precision_at_recall(labels, scores, recall=recall)
    assert np.isnan(found[0])
    for c in (1, 2):
        if labels[:, c].any():
            precisions, recalls, _ = sk.precision_recall_curve(labels[:, c], scores[:, c])
            assert found[c] == pytest.approx(precisions[recalls >= recall - 1e-9].max())


@given(st.integers(0, 1000), st.booleans(), st.sampled_from([0.05, 0.1, 0.5, 0.93]))
def test_the_partial_area_is_scikit_learns(seed, tied, max_fpr):
    labels, scores = drawn(seed, tied)
    found = partial_roc_auc(labels, scores, max_fpr=max_fpr)
    assert np.isnan(found[[0, 2]]).all()
    if labels[:, 1].any():
        expected = sk.roc_auc_score(labels[:, 1], scores[:, 1], max_fpr=max_fpr)
        assert found[1] == pytest.approx(expected, abs=1e-9)


@given(st.integers(0, 1000), st.booleans())
def test_the_whole_of_the_partial_area_is_the_area(seed, tied):
    labels, scores = drawn(seed, tied)
    np.testing.assert_allclose(partial_roc_auc(labels, scores, max_fpr=1), roc_auc(labels, scores), atol=1e-12)


@pytest.mark.parametrize("outside", [0, 1.1, -1])
def test_shares_outside_their_range_are_refused(outside):
    labels, scores = drawn(0, tied=False)
    with pytest.raises(InputError, match="recall"):
        precision_at_recall(labels, scores, recall=outside)
    with pytest.raises(InputError, match="max_fpr"):
        partial_roc_auc(labels, scores, max_fpr=outside)
