import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sk

from tailprobe.errors import InputError
from tailprobe.scores.metrics.calibration import brier, expected_calibration_error


def drawn(seed):
    rng = np.random.default_rng(seed)
    return rng.random((40, 3)) < [0.0, 0.3, 1.0], np.round(rng.random((40, 3)), 1)


@given(st.integers(0, 1000))
def test_brier_equals_scikit_learns(seed):
    labels, scores = drawn(seed)
    expected = [sk.brier_score_loss(y, s, labels=[False, True]) for y, s in zip(labels.T, scores.T, strict=True)]
    np.testing.assert_allclose(brier(labels, scores), expected, atol=1e-12)


@given(st.integers(0, 1000), st.integers(1, 12))
def test_calibration_error_is_the_weighted_gap_of_each_bin(seed, bins):
    labels, scores = drawn(seed)
    found = expected_calibration_error(labels, scores, bins=bins)
    assert np.isnan(found[0])
    for c in (1, 2):
        total = 0.0
        for b in range(bins):
            low, high = b / bins, (b + 1) / bins
            inside = (scores[:, c] * bins > b) & (scores[:, c] * bins <= b + 1) | ((b == 0) & (scores[:, c] == 0))
            if inside.any():
                total += inside.mean() * abs(scores[inside, c].mean() - labels[inside, c].mean())
            assert low < high
        assert found[c] == pytest.approx(total, abs=1e-9)


def test_scores_that_are_the_frequency_are_calibrated_and_opposite_ones_are_not():
    labels = np.array([[True], [False], [True], [False]])
    assert expected_calibration_error(labels, np.full((4, 1), 0.5))[0] == 0
    assert expected_calibration_error(labels, 1.0 - labels)[0] == 1


def test_bins_of_equal_counts_show_what_crowds_at_nought():
    rng = np.random.default_rng(0)
    labels = rng.random((4000, 1)) < 0.02
    scores = np.where(rng.random((4000, 1)) < 0.5, 0.001, 0.039)  # in the mean right, bin by bin wrong
    assert expected_calibration_error(labels, scores, bins=10)[0] < 0.005
    assert expected_calibration_error(labels, scores, bins=10, equal_counts=True)[0] > 0.015


def test_logits_are_refused():
    for measure in (brier, expected_calibration_error):
        with pytest.raises(InputError, match="turn logits into probabilities first"):
            measure(np.array([[True]]), np.array([[1.5]]))
