from functools import partial

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn import metrics as sk

from tailprobe.scores import decisions as ours

SHAPES = st.tuples(st.integers(1, 30), st.integers(1, 5))
ALL_NO, ALL_YES = np.zeros((4, 2), dtype=bool), np.ones((4, 2), dtype=bool)


@st.composite
def labels_and_decisions(draw):
    shape = draw(SHAPES)
    return draw(hnp.arrays(bool, shape)), draw(hnp.arrays(bool, shape))


def cases(test):
    """Random inputs, and the edges: no positives, all positive, nothing or everything predicted."""
    for labels in (ALL_NO, ALL_YES):
        for decisions in (ALL_NO, ALL_YES):
            test = example((labels, decisions))(test)
    return given(labels_and_decisions())(test)


def by_class(measure, labels, decisions, *, needs_negatives=False, **options):
    """scikit-learn's figure of each class, NaN where this project calls it undefined."""
    return np.array(
        [
            measure(y, d, **options) if y.any() and not (needs_negatives and y.all()) else np.nan
            for y, d in zip(labels.T, decisions.T, strict=True)
        ]
    )


@pytest.mark.parametrize(
    ("measure", "reference", "options"),
    [
        (ours.recall, sk.recall_score, {}),
        (ours.precision, sk.precision_score, {}),
        (partial(ours.f_beta, beta=1), sk.f1_score, {}),
        (partial(ours.f_beta, beta=2), sk.fbeta_score, {"beta": 2}),
    ],
)
def test_metrics_of_positives_equal_scikit_learn_where_there_are_positives(measure, reference, options):
    @cases
    def check(both):
        labels, decisions = both
        expected = by_class(reference, labels, decisions, zero_division=0, **options)
        np.testing.assert_allclose(measure(labels, decisions), expected, rtol=0, atol=1e-14)

    check()


@given(labels_and_decisions(), st.floats(0.1, 5))
def test_f_beta_equals_scikit_learn_for_any_beta(both, beta):
    labels, decisions = both
    expected = by_class(sk.fbeta_score, labels, decisions, beta=beta, zero_division=0)
    np.testing.assert_allclose(ours.f_beta(labels, decisions, beta=beta), expected, rtol=1e-12)


@cases
def test_balanced_accuracy_equals_scikit_learn_where_both_kinds_are_there(both):
    expected = by_class(sk.balanced_accuracy_score, *both, needs_negatives=True)
    np.testing.assert_allclose(ours.balanced_accuracy(*both), expected, rtol=0, atol=1e-14)


@cases
def test_binary_accuracy_equals_scikit_learn(both):
    labels, decisions = both
    expected = [sk.accuracy_score(y, d) for y, d in zip(labels.T, decisions.T, strict=True)]
    np.testing.assert_allclose(ours.binary_accuracy(labels, decisions), expected, rtol=0, atol=1e-14)


@cases
def test_predicted_negative_rate_is_true_and_false_negatives_over_rows(both):
    labels, decisions = both
    tables = sk.multilabel_confusion_matrix(labels.astype(int).reshape(labels.shape), decisions.astype(int))
    if labels.shape[1] == 1:  # scikit-learn takes one column for a binary target
        tables = sk.confusion_matrix(labels[:, 0], decisions[:, 0], labels=[False, True])[None]
    expected = (tables[:, 0, 0] + tables[:, 1, 0]) / len(labels)
    np.testing.assert_allclose(ours.predicted_negative_rate(labels, decisions), expected, rtol=0, atol=1e-14)


@cases
def test_all_negative_accuracy_is_the_accuracy_of_predicting_never(both):
    labels, _ = both
    np.testing.assert_array_equal(
        ours.all_negative_accuracy(labels), ours.binary_accuracy(labels, np.zeros_like(labels))
    )
    np.testing.assert_allclose(
        ours.all_negative_accuracy(labels), 1 - labels.sum(axis=0) / len(labels), rtol=0, atol=1e-14
    )


@cases
def test_sample_f2_equals_scikit_learn(both):
    labels, decisions = both
    if labels.shape[1] == 1:  # one column is no multi-label target there; a column of nothing changes no set
        labels, decisions = (np.hstack([a, np.zeros_like(a)]) for a in both)
    expected = sk.fbeta_score(labels, decisions, beta=2, average="samples", zero_division=0)
    assert ours.sample_f2(*both) == pytest.approx(expected, abs=1e-14)


def test_precision_is_zero_when_nothing_is_predicted_though_there_are_positives():
    labels = np.array([[True], [False]])
    assert ours.precision(labels, np.zeros_like(labels)) == [0.0]
    assert ours.f_beta(labels, np.zeros_like(labels), beta=2) == [0.0]


@pytest.mark.parametrize("measure", [ours.recall, ours.precision, partial(ours.f_beta, beta=1), ours.balanced_accuracy])
@pytest.mark.parametrize("decisions", [ALL_NO, ALL_YES])
def test_what_is_about_positives_is_nan_without_them(measure, decisions):
    assert np.isnan(measure(ALL_NO, decisions)).all()


def test_without_images_every_metric_is_nan():
    nothing = np.zeros((0, 3), dtype=bool)
    assert np.isnan(ours.sample_f2(nothing, nothing))
    for measure in (
        ours.recall,
        ours.precision,
        partial(ours.f_beta, beta=2),
        ours.binary_accuracy,
        ours.predicted_negative_rate,
    ):
        assert np.isnan(measure(nothing, nothing)).all()
