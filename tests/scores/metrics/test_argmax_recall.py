import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import balanced_accuracy_score, recall_score

from tailprobe.comparison.influence import jackknife_influence
from tailprobe.scores.metric import Sample, metric_to_compare
from tailprobe.scores.metrics.argmax_recall import argmax_recall


@given(st.integers(0, 1000))
def test_it_is_scikit_learns_recall_and_its_mean_the_balanced_accuracy(seed):
    rng = np.random.default_rng(seed)
    classes = np.concatenate([np.arange(4), rng.choice(4, 30, p=[0.7, 0.2, 0.07, 0.03])])
    scores = rng.random((34, 4))
    found, predicted = argmax_recall(np.eye(4, dtype=bool)[classes], scores), scores.argmax(axis=1)
    np.testing.assert_allclose(found, recall_score(classes, predicted, average=None))
    assert found.mean() == pytest.approx(balanced_accuracy_score(classes, predicted))


def test_ties_are_shared_and_absent_classes_undefined():
    labels = np.eye(3, dtype=bool)[[0, 0, 1]]
    found = argmax_recall(labels, np.array([[0.5, 0.5, 0.1], [0.9, 0.2, 0.1], [0.3, 0.3, 0.3]]))
    np.testing.assert_allclose(found, [0.75, 1 / 3, np.nan])


def test_images_of_several_classes_have_none():
    assert np.isnan(argmax_recall(np.array([[True, True], [True, False]]), np.zeros((2, 2)))).all()
    assert np.isnan(argmax_recall(np.array([[False, False]]), np.zeros((1, 2)))).all()


def test_its_squared_influences_are_the_jackknifes_variance():
    rng = np.random.default_rng(0)
    labels, scores = np.eye(3, dtype=bool)[rng.integers(0, 3, 90)], rng.random((90, 3)).round(1)
    found = jackknife_influence(metric_to_compare("argmax_recall"), Sample(labels, scores))
    without = np.array([argmax_recall(np.delete(labels, i, 0), np.delete(scores, i, 0)) for i in range(90)])
    jackknife = ((without - found.value) ** 2).sum(axis=0)
    np.testing.assert_allclose((found.influence**2).sum(axis=0), jackknife, rtol=1e-9)
