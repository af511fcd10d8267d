"""What goes into the page: numbers against scikit-learn and brute force, undefined ones as null."""

import json
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import f1_score, precision_recall_curve, precision_score, recall_score

from made_run import changed, made_run
from tailprobe.labels import Labels
from tailprobe.report.page.collection import collection
from tailprobe.report.page.comparison import comparison
from tailprobe.report.page.content import content
from tailprobe.report.page.curves import curves
from tailprobe.scores.head_scores import read_head_scores

PLAIN = tuple(f"class {i:02d}" for i in range(12))


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return made_run(tmp_path_factory.mktemp("run"), classes=PLAIN)


def parts_of(run, method):
    return [
        read_head_scores(run.scores, encoder="descriptors", method=method, seed=seed, part="test") for seed in range(3)
    ]


def joined(run, method, c):
    """Labels and scores of a class, all seeds' test parts one after the other."""
    parts = parts_of(run, method)
    rows = np.concatenate([part.rows for part in parts])
    logits = np.concatenate([part.logits for part in parts])[:, c].astype(np.float64)
    return run.labels.matrix[rows, c], 1 / (1 + np.exp(-logits))


def test_curves_are_those_of_scikit_learn(run):
    found = curves(run)
    for at, c in enumerate(found["classes"]):
        labels, scores = joined(run, "baseline", c)
        mine = found["curves"]["descriptors"]["baseline"][at]
        precision, recall, _ = precision_recall_curve(labels, scores)
        steps = np.linspace(0, 1, 41)
        expected = [precision[:-1][recall[:-1] >= step - 1e-12].max() for step in steps]
        assert mine["precision"] == pytest.approx(expected, abs=6e-4)
        for name, measure in (("recall_at", recall_score), ("f1_at", f1_score)):
            values = [measure(labels, scores > step, zero_division=0) for step in steps]
            assert mine[name] == pytest.approx(values, abs=6e-4)
        claimed = [precision_score(labels, scores > step) if (scores > step).any() else None for step in steps]
        assert [v is None for v in mine["precision_at"]] == [v is None for v in claimed]
        rows = np.unique(np.concatenate([part.rows for part in parts_of(run, "baseline")]))
        assert mine["positives"] == run.labels.matrix[rows, c].sum()
        assert (mine["reliability"] is None) == (mine["positives"] < 20)
        if mine["reliability"] is None:
            continue
        assert mine["reliability"][2] == np.histogram(scores, bins=10, range=(0, 1))[0].tolist()


def test_a_class_without_test_positives_has_no_curve(run):
    labels = run.labels.matrix.copy()
    labels[:, 0] = False
    found = curves(changed(run, labels=replace(run.labels, matrix=labels)))
    mine = found["curves"]["descriptors"]["baseline"][found["classes"].index(0)]
    assert mine["positives"] == 0
    for name in ("precision", "recall_at", "f1_at"):
        assert set(mine[name]) == {None}


def test_differences_are_paired_by_seed(run):
    found = comparison(changed(run, verdicts=None))
    table = run.results[(run.results["metric"] == "roc_auc") & (run.results["class_name"] == "class 04")]
    wide = table.pivot_table(index="seed", columns="method", values="value")
    paired = wide["reweight(3)"] - wide["baseline"]
    mine = {name: numbers[2][4] for name, numbers in found["numbers"]["descriptors"]["roc_auc"].items()}
    assert mine["difference"] == pytest.approx(paired.mean(), abs=1e-4)
    assert mine["high"] == pytest.approx(paired.mean() + paired.std(), abs=2e-4)


def test_the_tested_metric_comes_first_whatever_it_is(run):
    results = run.results.copy()
    results["metric"] = results["metric"].astype(str).replace("recall@0.5", "recall@0.2")
    verdicts = run.verdicts.assign(metric="recall@0.2")
    found = comparison(changed(run, results=results, verdicts=verdicts))
    assert found["tested"] == found["metrics"][0] == "recall@0.2"


def test_what_is_undefined_in_a_recommendation_is_null(run):
    advice = replace(run.recommendation, probability_of_benefit=math.nan, effect_rare_low=math.nan)
    found = content(changed(run, recommendation=advice))
    assert found["recommendation"]["probability_of_benefit"] is found["recommendation"]["effect_rare_low"] is None
    json.dumps(found, allow_nan=False)


def test_the_rarest_classes_are_shown_with_those_they_meet_most(run):
    rng = np.random.default_rng(0)
    labels = rng.random((500, 100)) < np.linspace(0.4, 0.01, 100)
    labels[np.flatnonzero(labels[:, 99]), 50] = True  # the rarest class never comes without this one
    found = collection(changed(run, labels=Labels(labels, tuple(map(str, range(100))), "multi-label")))["cooccurrence"]
    counts = labels.sum(axis=0)
    assert len(found["rows"]) == len(found["columns"]) == 40
    assert set(counts[found["rows"]]) <= set(np.sort(counts)[:40])
    at, to = found["rows"].index(99), found["columns"].index(50)
    assert found["images"][at][to] == counts[99]


def test_metrics_of_all_classes_stand_beside_those_of_each_class(run):
    results = run.results.copy()
    results["metric"] = results["metric"].astype(str)
    extra = results[(results["metric"] == "roc_auc") & (results["class_name"] == "all") & results["is_group"]]
    extra = extra.assign(metric="worst_recall@tuned")
    found = comparison(changed(run, results=pd.concat([results, extra], ignore_index=True)))
    tested = extra[extra["part"] == "test"].groupby("method", observed=True)["value"].mean()
    expected = [tested[name] for name in run.methods]
    assert found["of_all_classes"]["descriptors"]["worst_recall@tuned"] == pytest.approx(expected, abs=1e-3)
    assert "worst_recall@tuned" not in found["means"]["descriptors"]
