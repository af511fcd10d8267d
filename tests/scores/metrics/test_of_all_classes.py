"""Metrics with one value for all classes, against scikit-learn and by hand."""

from itertools import pairwise

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, fbeta_score, recall_score

from tailprobe.errors import InputError
from tailprobe.runs.settings import Study
from tailprobe.scores.metric import Sample, all_head_metrics, find_head_metric, lower_is_better, metric_to_compare
from tailprobe.scores.metrics.calibration_of_all_classes import pooled_calibration_error, top1_calibration_error
from tailprobe.scores.metrics.recall_of_all_classes import harmonic_mean


def several():
    rng = np.random.default_rng(0)
    return rng.random((60, 4)) < [0.5, 0.3, 0.2, 0.1], rng.random((60, 4)).astype(np.float32)


def single():
    rng = np.random.default_rng(1)
    labels = np.eye(4, dtype=bool)[rng.integers(0, 4, 60)]
    scores = rng.random((60, 4)) + labels
    return labels, (scores / scores.sum(axis=1, keepdims=True)).astype(np.float32)


def value(name, labels, scores, thresholds=None, known=None):
    return find_head_metric(name).value(Sample(labels, scores, thresholds, known))


def test_metrics_of_decisions_are_scikit_learns():
    labels, scores = several()
    decided, at = scores > 0.3, np.full(4, 0.3)
    recalls = recall_score(labels, decided, average=None)
    assert value("sample_f2", labels, scores, at) == pytest.approx(
        fbeta_score(labels, decided, beta=2, average="samples", zero_division=0)
    )
    assert value("worst_recall", labels, scores, at) == pytest.approx(recalls.min())
    assert value("harmonic_recall", labels, scores, at) == pytest.approx(4 / (1 / recalls).sum())


def test_metrics_of_the_highest_score_are_scikit_learns():
    labels, scores = single()
    own, guess = labels.argmax(axis=1), scores.argmax(axis=1)
    recalls = recall_score(own, guess, average=None)
    assert value("top1", labels, scores) == pytest.approx(accuracy_score(own, guess))
    assert value("worst_argmax_recall", labels, scores) == pytest.approx(recalls.min())
    assert value("harmonic_argmax_recall", labels, scores) == pytest.approx(4 / (1 / recalls).sum())


def by_hand(right, confidence, bins=15):
    """Guo et al.'s equation 3, bin by bin."""
    total, edges = 0.0, np.linspace(0, 1, bins + 1)
    for low, high in pairwise(edges):
        inside = (confidence > low) & (confidence <= high)
        if inside.any():
            total += inside.mean() * abs(right[inside].mean() - confidence[inside].mean())
    return total


def test_calibration_errors_are_those_of_their_formula():
    labels, scores = single()
    highest = scores.argmax(axis=1)
    right = labels[np.arange(60), highest]
    assert top1_calibration_error(labels, scores) == pytest.approx(by_hand(right, scores.max(axis=1)))
    assert pooled_calibration_error(labels, scores) == pytest.approx(by_hand(labels.ravel(), scores.ravel()))


def test_a_head_that_is_never_right_is_as_wrong_as_it_is_sure():
    labels, _ = single()
    wrong = np.roll(labels, 1, axis=1) * 0.75
    assert top1_calibration_error(labels, wrong) == pytest.approx(0.75)


def test_one_class_that_is_never_found_shows_in_worst_and_harmonic_recall_and_not_in_the_mean():
    labels, scores = several()
    scores[:, 3] = 0
    at = np.full(4, 0.3)
    assert value("worst_recall", labels, scores, at) == value("harmonic_recall", labels, scores, at) == 0


def test_a_class_without_positives_or_threshold_is_left_out():
    labels, scores = several()
    labels[:, 3], at = False, np.array([0.3, 0.3, np.nan, 0.3])
    recalls = [recall_score(labels[:, c], scores[:, c] > 0.3) for c in range(2)]
    assert value("worst_recall", labels, scores, at) == pytest.approx(min(recalls))
    assert value("harmonic_recall", labels, scores, at) == pytest.approx(harmonic_mean(np.array(recalls)))
    assert np.isnan(value("worst_recall", labels, scores, np.full(4, np.nan)))


@pytest.mark.parametrize("name", ["sample_f2", "worst_recall", "harmonic_recall", "pooled_calibration_error"])
def test_what_a_label_that_is_not_known_says_does_not_matter(name):
    labels, scores = several()
    known = np.random.default_rng(2).random(labels.shape) < 0.5
    at = np.full(4, 0.3)
    assert value(name, labels, scores, at, known) == value(name, labels ^ ~known, scores, at, known)
    assert value(name, labels, scores, at, known) != value(name, labels, scores, at)


def test_they_cannot_be_what_methods_are_compared_in_and_the_error_says_why():
    for name in ("sample_f2@0.5", "worst_recall@tuned", "top1"):
        with pytest.raises(InputError, match="one value for all classes"):
            metric_to_compare(name)
        with pytest.raises(InputError, match="it is reported beside the primary metric"):
            Study("photos", thresholds=("0.5", "tuned"), metric=name)


def test_every_one_says_how_it_is_read():
    assert all(metric.title for metric in all_head_metrics())
    assert lower_is_better("pooled_calibration_error")
    assert not lower_is_better("worst_recall@tuned")
