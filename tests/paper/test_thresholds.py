"""The thresholds of the paper's authors, against a brute force."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tailprobe.paper.thresholds import authors_accuracy, tune_sample_f2_grid
from tailprobe.scores.decisions import predicted_negative_rate, sample_f2
from tailprobe.scores.rules import find_thresholds
from tailprobe.scores.thresholds import decide


@st.composite
def labels_and_scores(draw):
    shape = draw(st.tuples(st.integers(1, 20), st.integers(1, 4)))
    dtype = draw(st.sampled_from((np.float32, np.float64)))
    tied = st.sampled_from([0.0, 0.125, 0.25, 0.5, 1.0])
    free = st.floats(0, 1, width=32 if dtype == np.float32 else 64)
    return draw(hnp.arrays(bool, shape)), draw(hnp.arrays(dtype, shape, elements=draw(st.sampled_from([tied, free]))))


def grid_by_brute_force(labels, scores, start):
    """One pass over the classes with exact fractions, every grid point tried."""
    thresholds = np.full(labels.shape[1], start)
    for c in range(labels.shape[1]):
        scored = []
        for g in range(100):
            trial = thresholds.copy()
            trial[c] = g / 100
            scored.append((exact_sample_f2(labels, scores > trial), -g))
        thresholds[c] = -max(scored)[1] / 100
    return thresholds


def exact_sample_f2(labels, decisions):
    total = Fraction(0)
    for y, d in zip(labels, decisions, strict=True):
        weight = int(d.sum()) + 4 * int(y.sum())
        total += Fraction(5 * int((y & d).sum()), weight) if weight else 0
    return total


@pytest.mark.parametrize("seed", range(6))
def test_the_authors_grid_equals_a_brute_force_in_exact_fractions(seed):
    random = np.random.default_rng(seed)
    labels = random.random((25, 3)) < 0.4
    scores = (random.random((25, 3)) * (1 + labels) / 2).astype(np.float32)
    if seed % 2:  # many ties, on the grid itself
        scores = scores.round(1).astype(np.float32)
    start = 0.5 if seed == 5 else 0.2
    np.testing.assert_array_equal(
        tune_sample_f2_grid(labels, scores, start=start), grid_by_brute_force(labels, scores, start)
    )


@given(labels_and_scores())
def test_the_authors_grid_is_never_worse_than_its_start(both):
    labels, scores = both
    tuned = sample_f2(labels, decide(scores, tune_sample_f2_grid(labels, scores)))
    assert tuned >= sample_f2(labels, scores > 0.2) - 1e-12


@given(labels_and_scores())
def test_the_authors_accuracy_is_the_share_predicted_negative(both):
    labels, scores = both
    decisions = decide(scores, tune_sample_f2_grid(labels, scores))
    np.testing.assert_array_equal(authors_accuracy(labels, scores), predicted_negative_rate(labels, decisions))


def test_a_study_finds_the_rule_by_its_name():
    random = np.random.default_rng(0)
    labels, scores = random.random((30, 4)) < 0.5, random.random((30, 4))
    np.testing.assert_array_equal(find_thresholds("authors", labels, scores), tune_sample_f2_grid(labels, scores))
