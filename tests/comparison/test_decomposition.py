"""A gain in decisions taken apart: the parts add up, planted causes are found, intervals agree with a bootstrap."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from benchmarks.simulate import Population, draw_study

from tailprobe.comparison.decomposition import decompose
from tailprobe.comparison.grouping import group_classes
from tailprobe.errors import InputError
from tailprobe.scores.decisions import Confusion
from tailprobe.scores.flagging import Counts, flag_top, precision_at_boundary
from tailprobe.scores.head_scores import HeadPart, HeadScores
from tailprobe.scores.metric import find_metric
from tailprobe.scores.rules import tune_thresholds

CLASSES = ("a", "b", "c", "d")
PREVALENCE = (0.3, 0.15, 0.08, 0.04)
GROUPING = group_classes(
    CLASSES, counts=np.array([300, 150, 80, 40]), low_frequency=np.array([False, False, True, True])
)


def drawn(seed: int = 0, **options: object):
    study = draw_study(Population(images=1000, prevalence=PREVALENCE, seeds=5, **options), np.random.default_rng(seed))
    return replace(study, logits=study.logits - 2)  # so that a threshold of 0.5 finds about half of the positives


def scores_of(study, *logits: np.ndarray, names=("baseline", "one", "two"), rules=("0.5",)) -> dict:
    """Return the heads whose logits are given, (S, T, C) a method."""
    found = {}
    for name, of_method in zip(names, logits, strict=False):
        for s, rows in enumerate(study.rows):
            head = HeadScores(rows, of_method[s].astype(np.float32))
            thresholds = tune_thresholds(rules, study.labels[rows], head.probabilities())
            found[HeadPart("simulated", name, s, "test")] = replace(head, thresholds=thresholds)
    return found


def parts(study, scores, rules=("0.5",), **options) -> pd.DataFrame:
    return decompose(scores, labels=study.labels, grouping=GROUPING, rules=rules, **options)


@pytest.fixture(scope="module")
def study():
    return drawn(methods=2, effect=0.6)


def test_the_parts_add_up_to_the_difference_in_every_metric_class_and_group(study) -> None:
    rules = ("0.5", "0.2", "tuned")
    table = parts(study, scores_of(study, *study.logits.transpose(1, 0, 2, 3), rules=rules), rules)
    assert set(table["metric"]) == {
        f"{name}@{rule}" for name in ("recall", "precision", "f1", "f2", "balanced_accuracy") for rule in rules
    }
    np.testing.assert_allclose(table["ranking"] + table["threshold"], table["difference"], atol=1e-12)
    np.testing.assert_allclose(table["value"] - table["baseline"], table["difference"], atol=1e-12)
    np.testing.assert_allclose(table["at_baseline_count"] - table["baseline"], table["ranking"], atol=1e-12)
    assert len(table) == 2 * 15 * len(GROUPING.names)


def test_values_at_the_baselines_count_are_those_of_the_highest_scores(study) -> None:
    table = parts(study, scores_of(study, *study.logits.transpose(1, 0, 2, 3))).set_index(
        ["method", "metric", "class_name"]
    )
    for c, name in enumerate(CLASSES):
        recalls, precisions = [], []
        for s, rows in enumerate(study.rows):
            label, k = study.labels[rows][:, c], int((study.logits[s, 0, :, c] > 0).sum())
            top = np.argsort(-study.logits[s, 1, :, c])[:k]
            recalls.append(label[top].sum() / label.sum())
            precisions.append(label[top].mean())
        assert table.loc[("one", "recall@0.5", name), "at_baseline_count"] == pytest.approx(np.mean(recalls), abs=1e-6)
        assert table.loc[("one", "precision@0.5", name), "at_baseline_count"] == pytest.approx(
            np.mean(precisions), abs=1e-6
        )


def test_logits_that_are_shifted_change_no_ranking_and_all_of_the_gain_is_threshold(study) -> None:
    baseline = np.round(study.logits[:, 0] * 256) / 256  # so that the shift rounds nothing
    table = parts(study, scores_of(study, baseline, baseline + 1.5))
    assert (table["ranking"] == 0).all()
    recall = table[table["metric"] == "recall@0.5"]
    assert (recall["threshold"] > 0.05).all()
    assert (recall["threshold_low"] > 0).all()
    assert (recall["flagged"] > recall["flagged_baseline"]).all()


def test_a_ranking_declared_identical_has_no_ranking_part_and_no_interval_of_one(study) -> None:
    baseline = study.logits[:, 0]
    table = parts(study, scores_of(study, baseline, baseline / 3 + 0.1), identical_ranking=["one"])
    assert (table[["ranking", "ranking_low", "ranking_high"]] == 0).all(axis=None)
    for end in ("", "_low", "_high"):
        np.testing.assert_array_equal(table[f"threshold{end}"], table[f"difference{end}"])


def test_a_better_ranking_that_flags_as_many_images_has_no_threshold_part(study) -> None:
    """The method takes the baseline's own logits, dealt anew in the order of a better ranking."""
    baseline, better = study.logits[:, 0], study.logits[:, 0] + 1.0 * study.labels[study.rows]
    dealt = np.take_along_axis(np.sort(baseline, axis=1), np.argsort(np.argsort(better, axis=1), axis=1), axis=1)
    table = parts(study, scores_of(study, baseline, dealt))
    np.testing.assert_allclose(table["threshold"], 0, atol=1e-6)
    np.testing.assert_array_equal(table["flagged"], table["flagged_baseline"])
    assert (table.loc[table["metric"] == "recall@0.5", "ranking_low"] > 0).all()


def test_equal_scores_at_the_last_place_are_flagged_in_part() -> None:
    np.testing.assert_allclose(flag_top(np.array([1.0, 3.0, 1.0, 1.0, 2.0]), 3), [1 / 3, 1, 1 / 3, 1 / 3, 1])
    np.testing.assert_allclose(flag_top(np.array([1.0, 2.0]), 2), [1, 1])


def test_the_precision_at_the_boundary_is_that_of_the_ranks_about_it() -> None:
    labels = np.arange(100) < 30  # of 30 flagged those in ranks 19 to 41 count, of which 12 carry the class
    assert precision_at_boundary(labels, -np.arange(100.0), 30) == pytest.approx(11 / 22)
    assert precision_at_boundary(labels, -np.arange(100.0), 1) == 1


@pytest.mark.parametrize("name", ["recall", "precision", "f1", "f2", "balanced_accuracy"])
def test_plain_counts_give_the_metrics_own_values_and_influences(study, name: str) -> None:
    metric, labels = find_metric(name), study.labels[study.rows[0]]
    decisions = study.logits[0, 0] > 0
    assert metric is not None
    value, influence = Counts.of_decisions(labels, decisions).measure(*metric.ratios)
    counted = Confusion.count(labels, decisions)
    np.testing.assert_allclose(value, sum(one.value(counted) for one in metric.ratios) / len(metric.ratios))
    expected = sum(one.influence(labels, decisions, one.value(counted)) for one in metric.ratios) / len(metric.ratios)
    np.testing.assert_allclose(influence, expected, atol=1e-12)
    np.testing.assert_allclose(influence.sum(axis=0), 0, atol=1e-9)


@pytest.mark.parametrize("name", ["recall", "precision", "f2"])
def test_the_influences_give_the_variance_that_a_bootstrap_over_images_finds(name: str) -> None:
    """Of the ranking part, whose count and boundary move with the images that are drawn."""
    rng = np.random.default_rng(3)
    labels = rng.random((1500, 1)) < 0.1
    shared = rng.normal(size=labels.shape)
    baseline, method = (1.8 * gain * labels + shared + 0.7 * rng.normal(size=labels.shape) - 2 for gain in (1, 1.2))
    metric = find_metric(name)
    assert metric is not None

    def ranking_part(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        label, decisions = labels[rows], baseline[rows] > 0
        matched = Counts.of_top(label, method[rows], decisions).measure(*metric.ratios)
        plain = Counts.of_decisions(label, decisions).measure(*metric.ratios)
        return matched.value - plain.value, matched.influence - plain.influence

    value, influence = ranking_part(np.arange(1500))
    draws = [ranking_part(rng.integers(0, 1500, 1500))[0][0] for _ in range(1000)]
    assert np.sqrt((influence**2).sum()) == pytest.approx(np.std(draws), rel=0.15)
    assert abs(np.mean(draws) - value[0]) < 0.5 * np.std(draws)


def test_classes_without_a_threshold_are_undefined_and_left_out_of_groups(study) -> None:
    scores = scores_of(study, *study.logits.transpose(1, 0, 2, 3))
    gone = {head: replace(of, thresholds={"0.5": np.array([0.5, 0.5, 0.5, np.nan])}) for head, of in scores.items()}
    table = parts(study, gone).set_index(["method", "metric", "class_name"])
    assert np.isnan(table.loc[("one", "recall@0.5", "d"), ["difference", "ranking", "threshold"]].astype(float)).all()
    rare, other = (table.loc[("one", "recall@0.5", name)] for name in ("low-frequency", "c"))
    assert rare["ranking"] == other["ranking"]


def test_missing_heads_and_rules_are_said(study) -> None:
    scores = scores_of(study, *study.logits.transpose(1, 0, 2, 3))
    with pytest.raises(InputError, match="no thresholds of rule 'tuned'"):
        parts(study, scores, rules=("tuned",))
    scores.pop(HeadPart("simulated", "one", 2, "test"))
    with pytest.raises(InputError, match="no scores of method 'one' under seed 2"):
        parts(study, scores)


def test_images_in_groups_are_counted_and_summed_by_group(study) -> None:
    """Each image twice, as two of one scene: nothing is known beyond what one of them tells."""
    scores = scores_of(study, *study.logits.transpose(1, 0, 2, 3))
    doubled = {
        head: replace(of, rows=np.concatenate([of.rows, of.rows + 1000]), logits=np.concatenate([of.logits] * 2))
        for head, of in scores.items()
    }
    labels, scenes = np.concatenate([study.labels] * 2), np.tile(np.arange(1000), 2)
    alone = parts(study, scores)
    together = decompose(doubled, labels=labels, grouping=GROUPING, rules=["0.5"], groups=scenes)
    np.testing.assert_allclose(together["ranking"], alone["ranking"], atol=1e-6)
    np.testing.assert_array_equal(together["support"], alone["support"])
    np.testing.assert_allclose(together["flagged"], 2 * alone["flagged"])
    width = (alone["difference_high"] - alone["difference_low"]).to_numpy()
    np.testing.assert_allclose(together["difference_high"] - together["difference_low"], width, rtol=1e-4, atol=1e-8)


def test_a_part_that_is_zero_in_every_seed_has_no_interval_and_rounding_is_zero(study) -> None:
    base, other, _ = study.logits.transpose(1, 0, 2, 3)
    copy = parts(study, scores_of(study, base, base, other, names=("baseline", "copy", "other")))
    same = copy[copy["method"] == "copy"]
    assert (same[["ranking", "threshold"]] == 0).all(axis=None)
    ends = [f"{part}_{end}" for part in ("ranking", "threshold") for end in ("low", "high")]
    assert same[ends].isna().all(axis=None)
    assert same[["difference_low", "difference_high"]].notna().all(axis=None)  # as its verdict has them
    trained = copy[(copy["method"] == "other") & copy["is_group"] & (copy["class_name"] != "tail")]
    assert trained[ends].notna().all(axis=None)
    declared = parts(study, scores_of(study, base, base), identical_ranking=["one"])
    assert (declared[["ranking", "ranking_low", "ranking_high"]] == 0).all(axis=None)
    assert declared["threshold_low"].isna().all()
