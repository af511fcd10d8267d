import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn import metrics as sk

from tailprobe.comparison.influence import jackknife_correction
from tailprobe.errors import InputError
from tailprobe.scores.decisions import balanced_accuracy, binary_accuracy, f_beta, precision, recall
from tailprobe.scores.metric import Sample, measure, metric_to_compare
from tailprobe.scores.metrics.average_precision import average_precision
from tailprobe.scores.metrics.roc_auc import roc_auc
from tailprobe.scores.ratio import ratio_influence

TIED = st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0])


@st.composite
def images(draw):
    shape = draw(st.tuples(st.integers(2, 25), st.integers(1, 3)))
    return draw(hnp.arrays(bool, shape)), draw(hnp.arrays(np.float64, shape, elements=TIED))


def influence(metric, labels, scores, thresholds=None):
    return measure(metric_to_compare(metric), Sample(labels, scores, thresholds))


def by_differences(measure, labels, scores, step=1e-6):
    """The derivative by each image's weight, as scikit-learn's weighted metric changes."""
    many = len(labels)
    found = np.zeros(many)
    for i in range(many):
        up, down = np.ones(many), np.ones(many)
        up[i] += step
        down[i] -= step
        found[i] = (measure(labels, scores, sample_weight=up) - measure(labels, scores, sample_weight=down)) / (
            2 * step
        )
    return found


@pytest.mark.parametrize(
    ("metric", "theirs"), [("average_precision", sk.average_precision_score), ("roc_auc", sk.roc_auc_score)]
)
@given(images())
@settings(deadline=None, max_examples=40)
def test_an_influence_is_the_derivative_of_scikit_learns_weighted_metric(metric, theirs, both):
    labels, scores = both
    found = influence(metric, labels, scores)
    for c in range(labels.shape[1]):
        y, s = labels[:, c], scores[:, c]
        if 0 < y.sum() < len(y):
            np.testing.assert_allclose(found.influence[:, c], by_differences(theirs, y, s), atol=1e-6)
            assert found.value[c] == pytest.approx(theirs(y, s))


@given(images())
@settings(deadline=None, max_examples=60)
def test_values_equal_those_of_the_scores_and_influences_sum_to_zero(both):
    labels, scores = both
    thresholds = np.full(labels.shape[1], 0.5)
    decisions = scores > thresholds
    expected = {
        "average_precision": average_precision(labels, scores),
        "roc_auc": roc_auc(labels, scores),
        "brier": ((scores - labels) ** 2).mean(axis=0),
        "recall@0.5": recall(labels, decisions),
        "precision@0.5": precision(labels, decisions),
        "f1@0.5": f_beta(labels, decisions, beta=1),
        "f2@0.5": f_beta(labels, decisions, beta=2),
    }
    for metric, values in expected.items():
        found = influence(metric, labels, scores, thresholds)
        np.testing.assert_allclose(found.value, values, atol=1e-12, err_msg=metric)
        np.testing.assert_allclose(found.influence.sum(axis=0), 0, atol=1e-9, err_msg=metric)


def test_accuracies_equal_those_of_the_scores():
    rng = np.random.default_rng(0)
    labels, scores = rng.random((50, 4)) < 0.4, rng.random((50, 4))
    thresholds = np.full(4, 0.5)
    for name, reference in (("binary_accuracy", binary_accuracy), ("balanced_accuracy", balanced_accuracy)):
        found = influence(f"{name}@0.5", labels, scores, thresholds)
        np.testing.assert_allclose(found.value, reference(labels, scores > thresholds))


def test_a_class_without_positives_has_no_value_and_no_influence():
    labels, scores = np.zeros((4, 1), dtype=bool), np.linspace(0, 1, 4)[:, None]
    for metric in ("average_precision", "roc_auc", "f1@0.5"):
        found = influence(metric, labels, scores, np.array([0.5]))
        assert np.isnan(found.value).all()
        assert (found.influence == 0).all()


def test_a_class_without_a_threshold_has_no_value():
    labels, scores = np.array([[True], [False]]), np.array([[0.9], [0.1]])
    assert np.isnan(influence("recall@tuned", labels, scores, np.array([np.nan])).value).all()


def test_a_ratio_of_sums_moves_as_its_weights_do():
    part, whole = np.array([[1.0], [0.0], [2.0]]), np.array([[1.0], [1.0], [2.0]])
    found = ratio_influence(part, whole, np.array([0.75]))
    np.testing.assert_allclose(found[:, 0], [(1 - 0.75) / 4, -0.75 / 4, (2 - 1.5) / 4])


def test_squared_influences_with_the_correction_are_the_jackknifes_variance_of_recall():
    rng = np.random.default_rng(3)
    labels, scores = rng.random((40, 1)) < 0.3, rng.random((40, 1))
    found = influence("recall@0.5", labels, scores, np.array([0.5]))
    ours = ((found.influence * jackknife_correction(labels)) ** 2).sum()
    left_out = [recall(np.delete(labels, i, 0), np.delete(scores, i, 0) > 0.5)[0] for i in np.flatnonzero(labels)]
    assert ours == pytest.approx(((np.array(left_out) - found.value[0]) ** 2).sum())


def test_the_metrics_that_can_be_compared_are_named():
    labels, scores = np.array([[True]]), np.array([[0.5]])
    with pytest.raises(InputError, match=r"choose among argmax_recall, .*brier, .*roc_auc, .*recall@\.\.\."):
        influence("charm", labels, scores)
    with pytest.raises(InputError, match="needs thresholds"):
        influence("recall@0.5", labels, scores)
    with pytest.raises(InputError, match="'calibration_error' cannot be compared"):
        influence("calibration_error", labels, scores)
