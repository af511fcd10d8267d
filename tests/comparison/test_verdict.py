from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tailprobe.comparison.compare import compare_methods, compare_results
from tailprobe.comparison.contrasts import Contrasts
from tailprobe.comparison.grouping import group_classes
from tailprobe.comparison.joint import without_influences
from tailprobe.comparison.recommendation import read_recommendation, write_recommendation
from tailprobe.comparison.variance import nadeau_bengio, stack
from tailprobe.comparison.verdict import decide_verdicts
from tailprobe.comparison.words import NO_VERDICT, VERDICTS
from tailprobe.errors import InputError
from tailprobe.scores.summary import summarise

CONTRACT = (
    "encoder", "method", "compared_with", "class_name", "is_group", "metric", "baseline", "baseline_low",
    "baseline_high", "value", "difference", "low", "high", "value_low", "value_high", "p", "p_adjusted", "support",
    "minimum_detectable_effect", "verdict", "seeds", "question", "level", "critical_level", "simultaneous_low",
    "simultaneous_high", "margin", "below_margin", "standard_error_seeds", "standard_error_images",
)  # fmt: skip


@pytest.fixture(scope="module")
def comparison(run):
    return compare_methods(run.scores, labels=run.labels, classes=run.classes)


def line(comparison, method, name):
    rows = comparison.verdicts
    return rows[(rows["method"] == method) & (rows["class_name"] == name)].iloc[0]


def test_the_table_has_the_columns_that_the_report_reads(comparison):
    assert tuple(comparison.verdicts.columns) == CONTRACT
    assert set(comparison.verdicts["verdict"]) <= {*VERDICTS, NO_VERDICT}
    groups = comparison.verdicts.loc[comparison.verdicts["is_group"], "class_name"].unique()
    assert groups.tolist() == ["all", "low-frequency", "remaining", "head", "medium", "tail"]


@pytest.mark.parametrize(
    "metric", ["average_precision", "roc_auc", "recall@tuned", "precision@0.5", "f1@0.2", "f2@tuned"]
)
def test_values_and_differences_are_those_of_the_results(run, metric):
    found = compare_methods(run.scores, labels=run.labels, classes=run.classes, metric=metric)
    expected = summarise(run.results[run.results["part"] == "test"], metric=metric)
    expected = expected[expected["method"] != "baseline"].astype({"method": str, "class_name": str})
    joined = found.verdicts.merge(
        expected, on=["encoder", "method", "class_name", "is_group"], suffixes=("", "_expected")
    )
    assert len(joined) == 2 * 12  # six classes, six groups
    np.testing.assert_allclose(joined["value"], joined["mean"], atol=1e-6)
    np.testing.assert_allclose(joined["difference"], joined["difference_expected"], atol=1e-6)
    np.testing.assert_allclose(joined["value"] - joined["baseline"], joined["difference"], atol=1e-12)


def test_a_large_effect_improves_and_none_is_not_significant(comparison):
    assert line(comparison, "helpful", "low-frequency")["verdict"] == "improves"
    assert line(comparison, "helpful", "remaining")["verdict"] == "improves"
    idle = comparison.verdicts[comparison.verdicts["method"] == "idle"]
    assert not idle["verdict"].isin(["improves", "worsens"]).any()


def test_the_helpful_method_is_recommended_with_its_gain(comparison):
    found = comparison.recommendation
    assert found.method == "helpful"
    assert 0 < found.effect_rare_low < found.effect_rare < found.effect_rare_high
    assert found.probability_of_benefit > 0.99
    assert "helpful" in found.sentence
    assert any("by single-step min-p" in line for line in found.statistics)


def test_where_nothing_improves_the_baseline_is_kept(run):
    found = compare_methods(run.of(without=("helpful",)), labels=run.labels, classes=run.classes).recommendation
    assert (found.method, found.effect_rare, found.probability_of_benefit) == ("baseline", 0, 1)
    assert "Keep the baseline" in found.sentence


def test_swapping_method_and_baseline_turns_the_verdicts_around(run):
    options = {"classes": run.classes, "labels": run.labels}
    scores = run.of(without=("idle",))
    there = compare_methods(scores, **options).verdicts
    back = compare_methods(scores, baseline="helpful", **options).verdicts
    np.testing.assert_allclose(back["difference"], -there["difference"])
    np.testing.assert_allclose(back["low"], -there["high"])
    np.testing.assert_allclose(back["p"], there["p"])
    turned = there["verdict"].replace({"improves": "worsens", "worsens": "improves"})
    assert back["verdict"].tolist() == turned.tolist()


def test_the_baselines_interval_is_the_one_it_has_as_a_method(run, comparison):
    swapped = compare_methods(run.scores, labels=run.labels, classes=run.classes, baseline="helpful").verdicts
    keys = ["encoder", "class_name", "is_group"]
    as_method = swapped[swapped["method"] == "baseline"].set_index(keys)[["value", "value_low", "value_high"]]
    for method, rows in comparison.verdicts.groupby("method"):
        own = rows.set_index(keys)[["baseline", "baseline_low", "baseline_high"]]
        np.testing.assert_allclose(own, as_method.loc[own.index], err_msg=method)


def test_without_scores_the_nadeau_bengio_correction_widens_the_intervals(run, comparison):
    plain = compare_results(run.results, classes=run.classes).verdicts
    np.testing.assert_allclose(plain["difference"], comparison.verdicts["difference"], atol=1e-6)
    width = (plain["high"] - plain["low"]).median() / (
        comparison.verdicts["high"] - comparison.verdicts["low"]
    ).median()
    assert width > 1.2


def test_a_class_with_few_positives_is_not_tested_and_costs_the_others_nothing(run):
    options = {"classes": run.classes, "labels": run.labels}
    options |= {"test_classes": True}
    strict = compare_methods(run.scores, min_positives=30, **options).verdicts
    few = strict[(strict["support"] < 30) & (strict["question"] != "")]
    assert len(few)
    assert few["p_adjusted"].isna().all()
    assert set(few["verdict"]) == {"not tested"}
    every = compare_methods(run.scores, **options).verdicts
    kept = strict["p_adjusted"].notna()
    assert (strict.loc[kept, "p_adjusted"] <= every.loc[kept, "p_adjusted"]).all()


def test_the_sentences_say_when_a_class_is_not_tested_or_underpowered(run):
    found = compare_methods(run.scores, labels=run.labels, classes=run.classes, test_classes=True)
    line = next(line for line in found.recommendation.statistics if "is not tested" in line)
    assert "fewer than 5 positives" in line
    assert "fewer than 20 is called underpowered when the minimum detectable effect exceeds 0.1" in line


def test_with_one_seed_nothing_is_tested(run):
    found = compare_methods(run.of(seeds=1), labels=run.labels, classes=run.classes)
    assert set(found.verdicts["verdict"]) == {"not tested", NO_VERDICT}
    assert set(found.verdicts.loc[found.verdicts["question"] != "", "verdict"]) == {"not tested"}
    assert found.verdicts["standard_error_seeds"].isna().all()
    assert found.verdicts["p"].isna().all()
    assert found.verdicts["minimum_detectable_effect"].isna().all()
    enough = found.verdicts["support"] >= 5
    assert np.isfinite(found.verdicts.loc[enough, "low"]).all()
    assert any("one seed" in line for line in found.recommendation.statistics)


def test_two_seeds_give_intervals_and_no_verdict(run):
    found = compare_methods(run.of(seeds=2), labels=run.labels, classes=run.classes)
    assert set(found.verdicts["verdict"]) == {"not tested", NO_VERDICT}
    assert found.verdicts[["p", "p_adjusted", "minimum_detectable_effect"]].isna().all(axis=None)
    enough = found.verdicts["support"] >= 5
    assert np.isfinite(found.verdicts.loc[enough, "low"]).all()
    assert "two seeds cannot separate" in found.recommendation.sentence
    assert any("2 seeds leave 1 degree of freedom" in line for line in found.recommendation.statistics)


def test_no_interval_of_a_difference_reaches_beyond_what_there_can_be(run):
    grouping = group_classes(("a",), counts=np.array([9]), low_frequency=np.array([True]))
    per_seed = np.array([[0.9, 0.1, 0.5]])  # Student's t alone would reach from -0.49 to 1.49
    components = nadeau_bengio(per_seed.T, test_share=0.0)
    wide = stack([replace(components, **{k: v[:, [0] * 7] if k == "per_seed" else v[[0] * 7]
                                             for k, v in vars(components).items()})])  # fmt: skip
    joint = without_influences(np.repeat(per_seed.T, 2, axis=1))
    measured = Contrasts("clip", ("bold",), wide, wide, wide, joint, np.array([9.0]), has_test_variance=False)
    found = decide_verdicts([measured], grouping, metric="average_precision", test_classes=True).verdicts
    assert found["high"].max() == 1
    assert -1 < found["low"].min() < 0.5 - stats.t.isf(0.025, 2) * 0.4 / np.sqrt(3)
    assert found["minimum_detectable_effect"].isna().all()  # it would have taken more than 1
    assert found.loc[0, "verdict"] == "underpowered"  # the class; groups without classes are not tested


def test_the_recommendations_intervals_are_the_simultaneous_ones(comparison):
    gain, cost = (line(comparison, "helpful", group) for group in ("low-frequency", "remaining"))
    advice = comparison.recommendation
    ends = ["simultaneous_low", "simultaneous_high"]
    assert [advice.effect_rare_low, advice.effect_rare_high] == gain[ends].tolist()
    assert [advice.effect_remaining_low, advice.effect_remaining_high] == cost[ends].tolist()


@pytest.mark.parametrize("primary", ["low-frequency", "gain-and-cost"])
def test_verdict_interval_and_detectable_effect_are_of_one_critical_level(run, primary):
    found = compare_methods(run.scores, labels=run.labels, classes=run.classes, primary=primary, test_classes=True)
    rows = found.verdicts
    tested = rows[rows["critical_level"].notna()]
    excludes_zero = (tested["simultaneous_low"] > 0) | (tested["simultaneous_high"] < 0)
    assert (tested["verdict"].isin(["improves", "worsens"]) == excludes_zero).all()
    assert ((tested["p_adjusted"] <= tested["level"]) == excludes_zero).all()
    assert (
        rows.groupby("question")["critical_level"].nunique() == [0, 1, *([1] * (rows["question"].nunique() - 2))]
    ).all()
    assert rows.loc[rows["critical_level"].isna(), ["simultaneous_low", "p_adjusted"]].isna().all(axis=None)


def test_the_critical_level_lies_between_bonferronis_and_that_of_one_test(comparison):
    for question, level in (("primary", 0.04), ("cost", 0.01)):
        rows = comparison.verdicts[comparison.verdicts["question"] == question]
        assert len(rows) == 2  # one per method
        assert (rows["level"] == level).all()
        assert level / 2 <= rows["critical_level"].iloc[0] < level


def test_below_five_seeds_the_methods_are_tested_by_bonferronis_method(run):
    found = compare_methods(run.of(seeds=4), labels=run.labels, classes=run.classes)
    assert line(found, "idle", "low-frequency")["critical_level"] == 0.04 / 2
    assert any("Bonferroni" in line for line in found.recommendation.statistics)


def test_nothing_is_tested_that_is_in_no_question(comparison):
    rows = comparison.verdicts
    outside = ~rows["class_name"].isin(["low-frequency", "remaining"]) | ~rows["is_group"]
    assert (rows.loc[outside, "verdict"] == NO_VERDICT).all()
    assert (rows.loc[outside, "question"] == "").all()
    enough = outside & (rows["support"] >= 5)
    assert rows.loc[enough, ["low", "high", "p"]].notna().all(axis=None)


def test_a_class_with_too_few_test_images_has_no_interval_and_no_detectable_effect(run, comparison):
    strict = compare_methods(run.scores, labels=run.labels, classes=run.classes, min_positives=20).verdicts
    few, missing = strict["support"] < 20, ["low", "high", "value_low", "value_high", "baseline_low", "baseline_high"]
    assert few[~strict["is_group"]].any()
    assert strict.loc[few, [*missing, "p", "minimum_detectable_effect"]].isna().all(axis=None)
    assert strict.loc[few, "difference"].notna().any()  # what was measured stays
    assert strict.loc[~few, [*missing, "p"]].notna().all(axis=None)


def test_a_wide_margin_makes_what_does_nothing_practically_equal(run):
    options = {"labels": run.labels, "classes": run.classes}
    narrow = compare_methods(run.scores, margin=0.0001, **options)
    wide = compare_methods(run.scores, margin=0.9, **options)
    assert line(narrow, "idle", "low-frequency")["verdict"] == "inconclusive"
    assert line(wide, "idle", "low-frequency")["verdict"] == "practically equal"
    assert line(wide, "helpful", "low-frequency")["verdict"] == "improves"
    assert line(wide, "helpful", "low-frequency")["below_margin"]
    assert not line(narrow, "helpful", "low-frequency")["below_margin"]
    assert any("as narrow" in line for line in narrow.recommendation.statistics)
    assert not any("as narrow" in line for line in wide.recommendation.statistics)


def test_the_parts_of_the_standard_error_give_the_whole(comparison):
    rows = comparison.verdicts[comparison.verdicts["support"] >= 5]
    whole = np.hypot(rows["standard_error_seeds"], rows["standard_error_images"])
    p = 2 * stats.norm.sf((rows["difference"] / whole).abs())
    assert (p <= rows["p"] + 1e-9).all()  # Student's t of the same standard error has the heavier tails
    assert stats.spearmanr(p, rows["p"]).statistic > 0.95


def test_images_of_groups_count_as_groups(run):
    options = {"labels": run.labels, "classes": run.classes}
    plain = compare_methods(run.scores, **options).verdicts
    alone = compare_methods(run.scores, groups=3 * np.arange(len(run.labels)), **options).verdicts
    pd.testing.assert_frame_equal(alone, plain)
    pairs = compare_methods(run.scores, groups=np.arange(len(run.labels)) // 2, **options).verdicts
    np.testing.assert_allclose(pairs["difference"], plain["difference"])
    assert (pairs["support"] <= plain["support"]).all()
    assert (pairs["support"] < plain["support"]).any()
    assert not np.allclose(pairs["standard_error_images"], plain["standard_error_images"])


def test_where_every_class_is_low_frequency_no_cost_stands_in_the_way(run):
    classes = run.classes.assign(low_frequency=True)
    found = compare_methods(run.scores, labels=run.labels, classes=classes).recommendation
    assert found.method == "helpful"
    assert "nan" not in found.sentence
    assert "there are no remaining classes" in found.sentence


def test_a_method_that_is_the_baseline_differs_by_nothing(run):
    same = run.results[run.results["method"] == "baseline"]
    both = pd.concat([same, same.assign(method="copy")], ignore_index=True)
    found = compare_results(both, classes=run.classes).verdicts
    assert (found["difference"] == 0).all()
    assert (found.loc[found["support"] >= 5, "p"] == 1).all()
    assert found.loc[~found["is_group"], ["low", "high"]].isna().all(axis=None)  # 0 in every seed: no estimate of more
    assert not found["verdict"].isin(["improves", "worsens"]).any()


def test_a_lower_brier_score_improves(run):
    found = compare_methods(run.scores, labels=run.labels, classes=run.classes, metric="brier")
    decided = found.verdicts[found.verdicts["verdict"].isin(["improves", "worsens"])]
    assert len(decided)
    assert (decided["verdict"].eq("improves") == (decided["difference"] < 0)).all()


def test_a_recommendation_is_read_back(comparison, tmp_path):
    write_recommendation(comparison.recommendation, tmp_path / "recommendation.json")
    assert read_recommendation(tmp_path / "recommendation.json") == comparison.recommendation


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"encoder": 1}', '{"statistics": 3}'])
def test_a_damaged_recommendation_is_reported(tmp_path, text):
    path = tmp_path / "recommendation.json"
    path.write_text(text)
    with pytest.raises(InputError, match="not a recommendation"):
        read_recommendation(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"baseline": "plain"}, "has no baseline 'plain'"),
        ({"metric": "charm"}, "'charm' cannot be compared"),
        ({"metric": "recall@luck"}, "no thresholds of rule 'luck'"),
        ({"primary": "hope"}, "primary question 'hope' is not known"),
    ],
)
def test_what_cannot_be_compared_is_reported(run, change, message):
    with pytest.raises(InputError, match=message):
        compare_methods(run.scores, labels=run.labels, classes=run.classes, **change)


def test_no_verdict_is_drawn_without_a_test_part_or_a_second_method(run):
    with pytest.raises(InputError, match="no test part"):
        compare_results(run.results[run.results["part"] != "test"], classes=run.classes)
    with pytest.raises(InputError, match="no test part"):
        compare_methods({}, labels=run.labels, classes=run.classes)
    with pytest.raises(InputError, match="no method other than"):
        compare_methods(run.of(without=("helpful", "idle")), labels=run.labels, classes=run.classes)


def test_methods_of_other_seeds_than_the_baselines_are_refused(run):
    fewer = run.results[(run.results["method"] != "idle") | (run.results["seed"] > 0)]
    with pytest.raises(InputError, match="'idle' has 5 seed"):
        compare_results(fewer, classes=run.classes)
    other = {k._replace(seed=k.seed + 100 * (k.method == "idle")): v for k, v in run.scores.items()}
    with pytest.raises(InputError, match="no scores of"):
        compare_methods(other, labels=run.labels, classes=run.classes)


def test_a_class_missing_from_every_test_part_is_undefined_and_never_tested(run):
    labels = run.labels.copy()
    labels[:, 5] = False
    found = compare_methods(run.scores, labels=labels, classes=run.classes).verdicts
    gone = found[found["class_name"] == "f"]
    assert (
        gone[["value", "difference", "low", "high", "p", "p_adjusted", "minimum_detectable_effect"]]
        .isna()
        .all(axis=None)
    )
    assert set(gone["verdict"]) == {NO_VERDICT}
    assert (gone["support"] == 0).all()
    assert np.isfinite(found.loc[found["is_group"] & (found["class_name"] != "tail"), "difference"]).all()


def test_labels_of_another_image_set_are_refused(run):
    with pytest.raises(InputError, match="labels of another set"):
        compare_methods(run.scores, labels=run.labels[:10], classes=run.classes)


def test_a_method_is_compared_with_the_baseline_of_its_link(run):
    options = {"labels": run.labels, "classes": run.classes}
    plain = compare_methods(run.scores, **options)
    found = compare_methods(run.scores, baselines={"idle": "helpful"}, **options)
    mean = {n: line(plain, n, "low-frequency")["value"] for n in ("idle", "helpful")}
    row = line(found, "idle", "low-frequency")
    assert row["compared_with"] == "helpful"
    assert row["baseline"] == pytest.approx(mean["helpful"])
    assert row["difference"] == pytest.approx(mean["idle"] - mean["helpful"])
    assert (
        line(found, "helpful", "low-frequency")["difference"] == line(plain, "helpful", "low-frequency")["difference"]
    )
    # The recommendation chooses among methods of every link, by effects from one baseline.
    of_idle, of_helpful = (next(c for c in found.candidates if c.method == n) for n in ("idle", "helpful"))
    assert of_idle.effect_rare == pytest.approx(
        mean["idle"] - row["value"] + line(plain, "idle", "low-frequency")["difference"]
    )
    # What is tested from that baseline anyway has its row's numbers: one interval for one number.
    tested = line(found, "helpful", "low-frequency")
    ends = ["simultaneous_low", "simultaneous_high"]
    assert [of_helpful.effect_rare_low, of_helpful.effect_rare_high] == tested[ends].tolist()
    assert found.recommendation.best == of_helpful


def test_a_method_set_aside_has_its_verdict_beforehand_and_costs_the_others_nothing(run):
    options = {"labels": run.labels, "classes": run.classes}
    found = compare_methods(run.scores, set_aside={"idle": "no-op"}, **options).verdicts
    alone = compare_methods(run.of(without=("idle",)), **options).verdicts
    assert set(found.loc[found["method"] == "idle", "verdict"]) == {"no-op"}
    assert found.loc[found["method"] == "idle", "p_adjusted"].isna().all()
    helpful = found[found["method"] == "helpful"]
    tested = helpful["p_adjusted"].notna()
    assert (helpful["p_adjusted"][tested] >= helpful["p"][tested]).all()
    assert tested.sum() == alone["p_adjusted"].notna().sum()


def test_an_identical_ranking_and_identical_heads_have_no_interval_and_nearly_equal_heads_keep_theirs(run):
    options = {"labels": run.labels, "classes": run.classes}
    plain = compare_methods(run.scores, **options)
    no_op = compare_methods(run.scores, set_aside={"idle": "no-op"}, **options)
    identical = compare_methods(run.scores, set_aside={"idle": "identical ranking"}, **options)
    ends = ["low", "high"]
    assert line(no_op, "idle", "all")[ends].tolist() == line(plain, "idle", "all")[ends].tolist()
    row = line(identical, "idle", "all")
    assert row[ends].tolist() == [row["difference"]] * 2
    assert line(identical, "helpful", "all")[ends].tolist() == line(plain, "helpful", "all")[ends].tolist()
