import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sk

from tailprobe.errors import InputError
from tailprobe.scores.bootstrap import _LANES, bootstrap, score_weights
from tailprobe.scores.ranking import average_precision


@given(st.integers(0, 10_000), st.integers(1, 25), st.booleans())
def test_each_resample_scores_as_scikit_learn_does_with_the_weights_ties_included(seed, images, tied):
    rng = np.random.default_rng(seed)
    labels = rng.random((images, 3)) < [0.0, 0.4, 1.0]
    scores = rng.integers(0, 4, (images, 3)) / 4 if tied else rng.random((images, 3))
    weights = rng.multinomial(images, np.full(images, 1 / images), _LANES).T.astype(np.uint8)
    found = score_weights(labels, scores, np.ascontiguousarray(weights), thresholds=np.full(3, 0.5))
    for lane in range(0, _LANES, 8):
        for c in range(3):
            y, s, w = labels[:, c], scores[:, c], weights[:, lane]
            positives, negatives = w[y].sum(), w[~y].sum()
            expected = [
                sk.average_precision_score(y, s, sample_weight=w) if positives else np.nan,
                sk.roc_auc_score(y, s, sample_weight=w) if positives and negatives else np.nan,
                sk.f1_score(y, s > 0.5, sample_weight=w, zero_division=0) if positives else np.nan,
            ]
            np.testing.assert_allclose(found[:, lane, c], expected, atol=1e-12)


def test_resamples_spread_as_drawing_rows_does():
    rng = np.random.default_rng(0)
    labels = rng.random((120, 1)) < 0.3
    scores = rng.random((120, 1)) + 0.4 * labels
    found = bootstrap(labels, scores, thresholds=np.array([0.6]), resamples=3000, rng=rng).average_precision[:, 0]
    plain = []
    for _ in range(1500):
        drawn = rng.integers(0, 120, 120)
        plain.append(average_precision(labels[drawn], scores[drawn])[0])
    assert found.mean() == pytest.approx(np.mean(plain), abs=0.01)
    assert found.std() == pytest.approx(np.std(plain), rel=0.1)


def test_the_same_generator_gives_the_same_resamples_and_classes_share_them():
    labels = np.repeat(np.random.default_rng(0).random((30, 1)) < 0.5, 2, axis=1)
    scores = np.repeat(np.random.default_rng(1).random((30, 1)), 2, axis=1)
    draws = [
        bootstrap(labels, scores, thresholds=np.full(2, 0.5), resamples=100, rng=np.random.default_rng(7)) for _ in "ab"
    ]
    np.testing.assert_array_equal(draws[0].roc_auc, draws[1].roc_auc)
    np.testing.assert_array_equal(draws[0].f1[:, 0], draws[0].f1[:, 1])
    assert draws[0].f1.shape == (100, 2)


def test_without_a_threshold_there_is_no_f1_and_with_one_too_high_it_is_nought():
    labels, scores = np.ones((5, 2), dtype=bool), np.full((5, 2), 0.5)
    found = bootstrap(labels, scores, thresholds=np.array([np.nan, 0.9]), resamples=3, rng=np.random.default_rng(0))
    assert np.isnan(found.f1[:, 0]).all()
    assert (found.f1[:, 1] == 0).all()


def test_what_cannot_be_resampled_is_told():
    rng = np.random.default_rng(0)
    with pytest.raises(InputError, match="expected images and resamples"):
        bootstrap(np.ones((0, 1), dtype=bool), np.ones((0, 1)), thresholds=np.ones(1), rng=rng)
    with pytest.raises(InputError, match="finite"):
        bootstrap(np.ones((1, 1), dtype=bool), np.full((1, 1), np.nan), thresholds=np.ones(1), rng=rng)
