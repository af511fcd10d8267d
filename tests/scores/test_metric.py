"""A metric is added by one registration: it is reported, can be what methods are compared in, and has its title."""

import numpy as np
import pandas as pd
import pytest

from made_run import changed, made_run
from tailprobe.comparison.compare import compare_methods
from tailprobe.report.page.content import content
from tailprobe.scores.head_scores import HeadPart, HeadScores
from tailprobe.scores.link import probabilities
from tailprobe.scores.metric import METRICS, Metric, all_metrics, lower_is_better, metric_title, register
from tailprobe.scores.ratio import ratio_influence
from tailprobe.scores.tidy import score_head


@pytest.fixture
def mean_score(monkeypatch):
    """The mean score of a class's positives, lower being better."""
    all_metrics()
    monkeypatch.setattr(METRICS, "_members", dict(METRICS._members))

    def value(sample):
        return np.where(sample.labels, sample.scores, 0).sum(axis=0) / np.maximum(sample.labels.sum(axis=0), 1)

    def influence(sample, value):
        weight = sample.labels.astype(np.float64)
        return ratio_influence(weight * sample.scores, weight, value)

    return register(Metric("mean_score", "mean score of positives", value, influence, better="lower"))


def head(seed, shift):
    rng = np.random.default_rng([seed, 1])
    labels = np.random.default_rng(0).random((200, 2)) < 0.3
    rows = rng.permutation(200)[:80]
    return labels, rows, (rng.normal(size=(80, 2)) + shift * labels[rows]).astype(np.float32)


def test_a_registered_metric_is_in_the_results(mean_score):
    labels, rows, logits = head(0, 1.0)
    part = (labels[rows], probabilities(logits))
    table = score_head(
        validation=part,
        test=part,
        classes=("a", "b"),
        counts=labels.sum(axis=0),
        low_frequency=np.array([False, True]),
        single_label=False,
        thresholds={},
    )
    rows = table[(table["metric"] == "mean_score") & (table["part"] == "test") & (table["class_name"] == "b")]
    assert rows["value"].item() == pytest.approx(part[1][part[0][:, 1], 1].mean(), rel=1e-6)


def test_methods_can_be_compared_in_a_registered_metric_and_its_direction_is_heeded(mean_score):
    scores, labels = {}, head(0, 0)[0]
    classes = pd.DataFrame({"class_name": ["a", "b"], "count": labels.sum(axis=0), "low_frequency": [False, True]})
    for method, shift in (("baseline", 2.0), ("timid", 0.0)):
        for seed in range(6):
            _, rows, logits = head(seed, shift)
            scores[HeadPart("clip", method, seed, "test")] = HeadScores(rows, logits)
    found = compare_methods(scores, labels=labels, classes=classes, metric="mean_score")
    assert (found.verdicts["difference"].dropna() < 0).all()
    assert found.recommendation.method == "timid"
    assert found.recommendation.effect_rare > 0


def test_a_registered_metric_has_its_title_and_its_numbers_on_the_page(mean_score, tmp_path):
    run = made_run(tmp_path, classes=("a", "b", "c", "d"))
    results = run.results.copy()
    results["metric"] = results["metric"].astype(str).replace({"roc_auc": "mean_score"}).astype("category")
    page = content(changed(run, results=results))
    assert page["titles"]["mean_score"] == "mean score of positives"
    assert "mean_score" in page["comparison"]["metrics"]


def test_every_registered_metric_says_how_it_is_read():
    for metric in all_metrics():
        assert metric.title
        assert metric.range == (0.0, np.inf if metric.name.startswith("lift") else 1.0)
    assert lower_is_better("brier")
    assert not lower_is_better("f1@tuned")
    assert metric_title("optimism@tuned") == "optimism (tuned threshold)"
