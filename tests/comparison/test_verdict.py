from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tailprobe.comparison.gather import Measured
from tailprobe.comparison.groups import group_classes
from tailprobe.comparison.recommendation import read_recommendation
from tailprobe.comparison.spread import spread_without_images, stack_spreads
from tailprobe.comparison.verdict import VERDICTS, compare_methods, decide_verdicts
from tailprobe.errors import InputError
from tailprobe.scores.summary import summarise

CONTRACT = (
    "encoder", "method", "class_name", "is_group", "metric", "baseline", "value", "difference", "low", "high",
    "value_low", "value_high", "p", "p_adjusted", "support", "detectable", "verdict",
)  # fmt: skip


@pytest.fixture(scope="module")
def comparison(run):
    return compare_methods(run.results, classes=run.classes, labels=run.labels, scores=run.scores)


def line(comparison, method, name):
    rows = comparison.verdicts
    return rows[(rows["method"] == method) & (rows["class_name"] == name)].iloc[0]


def test_the_table_has_the_columns_that_the_report_reads(comparison):
    assert tuple(comparison.verdicts.columns[: len(CONTRACT)]) == CONTRACT
    assert set(comparison.verdicts["verdict"]) <= set(VERDICTS)
    groups = comparison.verdicts.loc[comparison.verdicts["is_group"], "class_name"].unique()
    assert groups.tolist() == ["all", "low-frequency", "remaining", "head", "medium", "tail"]


@pytest.mark.parametrize(
    "metric", ["average_precision", "roc_auc", "recall@tuned", "precision@0.5", "f1@0.2", "f2@tuned"]
)
def test_values_and_differences_are_those_of_the_results(run, metric):
    found = compare_methods(run.results, classes=run.classes, labels=run.labels, scores=run.scores, metric=metric)
    expected = summarise(run.results[run.results["part"] == "test"], metric=metric)
    expected = expected[expected["method"] != "baseline"].astype({"method": str, "class_name": str})
    joined = found.verdicts.merge(
        expected, on=["encoder", "method", "class_name", "is_group"], suffixes=("", "_expected")
    )
    assert len(joined) == 2 * 9  # six classes, three groups
    np.testing.assert_allclose(joined["value"], joined["mean"], atol=1e-6)
    np.testing.assert_allclose(joined["difference"], joined["difference_expected"], atol=1e-6)
    np.testing.assert_allclose(joined["value"] - joined["baseline"], joined["difference"], atol=1e-12)


def test_a_large_effect_helps_and_none_is_no_evidence(comparison):
    assert line(comparison, "helpful", "all")["verdict"] == "helps"
    idle = comparison.verdicts[comparison.verdicts["method"] == "idle"]
    assert not idle["verdict"].isin(["helps", "hurts"]).any()


def test_the_helpful_method_is_recommended_with_its_gain(comparison):
    found = comparison.recommendation
    assert found.method == "helpful"
    assert 0 < found.gain_low < found.gain < found.gain_high
    assert found.certainty > 0.99
    assert "helpful" in found.sentence
    assert any("Holm" in line for line in found.statistics)


def test_where_nothing_helps_no_remedy_is_recommended(run):
    results = run.results[run.results["method"] != "helpful"]
    found = compare_methods(results, classes=run.classes, labels=run.labels, scores=run.scores).recommendation
    assert (found.method, found.gain, found.certainty) == ("baseline", 0, 1)
    assert "no remedy" in found.sentence


def test_swapping_method_and_baseline_turns_the_verdicts_around(run):
    options = {"classes": run.classes, "labels": run.labels, "scores": run.scores}
    results = run.results[run.results["method"] != "idle"]
    there = compare_methods(results, **options).verdicts
    back = compare_methods(results, baseline="helpful", **options).verdicts
    np.testing.assert_allclose(back["difference"], -there["difference"])
    np.testing.assert_allclose(back["low"], -there["high"])
    np.testing.assert_allclose(back["p"], there["p"])
    turned = there["verdict"].replace({"helps": "hurts", "hurts": "helps"})
    assert back["verdict"].tolist() == turned.tolist()


def test_without_scores_the_nadeau_bengio_correction_widens_the_intervals(run, comparison):
    plain = compare_methods(run.results, classes=run.classes).verdicts
    np.testing.assert_allclose(plain["difference"], comparison.verdicts["difference"], atol=1e-6)
    width = (plain["high"] - plain["low"]).median() / (
        comparison.verdicts["high"] - comparison.verdicts["low"]
    ).median()
    assert width > 1.2


def test_a_class_with_few_positives_is_not_tested_and_costs_the_others_nothing(run):
    options = {"classes": run.classes, "labels": run.labels, "scores": run.scores}
    strict = compare_methods(run.results, least_positives=30, **options).verdicts
    few = strict[strict["support"] < 30]
    assert len(few)
    assert few["p_adjusted"].isna().all()
    assert set(few["verdict"]) == {"too few positives"}
    every = compare_methods(run.results, **options).verdicts
    kept = strict["p_adjusted"].notna()
    assert (strict.loc[kept, "p_adjusted"] <= every.loc[kept, "p_adjusted"]).all()


def test_the_sentences_say_when_a_class_has_too_few_positives(comparison):
    line = next(line for line in comparison.recommendation.statistics if "is not tested" in line)
    assert "fewer than 5 positives" in line
    assert "fewer than 20 has too few positives to tell where a difference of 0.1" in line


def test_with_one_seed_nothing_is_said_to_help(run):
    one = run.results[run.results["seed"] == 0]
    found = compare_methods(one, classes=run.classes, labels=run.labels, scores=run.scores)
    assert set(found.verdicts["verdict"]) <= {"no evidence", "too few positives"}
    assert found.verdicts["p"].isna().all()
    assert found.verdicts["detectable"].isna().all()
    assert np.isfinite(found.verdicts["low"]).all()
    assert any("one seed" in line for line in found.recommendation.statistics)


def test_two_seeds_give_intervals_and_no_verdict(run):
    two = run.results[run.results["seed"] < 2]
    found = compare_methods(two, classes=run.classes, labels=run.labels, scores=run.scores)
    assert set(found.verdicts["verdict"]) <= {"no evidence", "too few positives"}
    assert found.verdicts[["p", "p_adjusted", "detectable"]].isna().all(axis=None)
    assert np.isfinite(found.verdicts["low"]).all()
    assert "two seeds cannot tell" in found.recommendation.sentence
    assert any("With 2 seeds" in line for line in found.recommendation.statistics)


def test_no_interval_of_a_difference_reaches_beyond_what_there_can_be(run):
    grouping = group_classes(("a",), counts=np.array([9]), low_frequency=np.array([True]))
    by_seed = np.array([[0.9, 0.1, 0.5]])  # Student's t alone would reach from -0.49 to 1.49
    spread = spread_without_images(by_seed.T, test_share=0.0)
    wide = stack_spreads([replace(spread, **{k: v[:, [0] * 7] if k == "by_seed" else v[[0] * 7]
                                             for k, v in vars(spread).items()})])  # fmt: skip
    measured = Measured("clip", ("bold",), wide, wide, np.array([9.0]), by_images=False)
    found = decide_verdicts([measured], grouping, metric="average_precision").verdicts
    assert found["high"].max() == 1
    assert found["low"].min() == pytest.approx(0.5 - stats.t.isf(0.025, 2) * 0.4 / np.sqrt(3))
    assert found["detectable"].isna().all()  # it would have taken more than 1
    assert set(found["verdict"]) == {"too few positives"}


def test_the_recommendations_intervals_hold_for_all_gains_and_costs_at_once(comparison):
    row, advice = line(comparison, "helpful", "low-frequency"), comparison.recommendation
    # Two methods, a gain and a cost each: 1.25% two-sided in the place of 5%; wider than by normal quantiles.
    times = (advice.gain_high - advice.gain_low) / (row["high"] - row["low"])
    assert times > stats.norm.isf(0.0125 / 2) / stats.norm.isf(0.025)


def test_where_every_class_is_low_frequency_no_cost_stands_in_the_way(run):
    classes = run.classes.assign(low_frequency=True)
    found = compare_methods(run.results, classes=classes, labels=run.labels, scores=run.scores).recommendation
    assert found.method == "helpful"
    assert "nan" not in found.sentence
    assert "there are no others" in found.sentence


def test_a_method_that_is_the_baseline_differs_by_nothing(run):
    same = run.results[run.results["method"] == "baseline"]
    both = pd.concat([same, same.assign(method="copy")], ignore_index=True)
    found = compare_methods(both, classes=run.classes).verdicts
    assert (found["difference"] == 0).all()
    assert (found["p"] == 1).all()
    assert not found["verdict"].isin(["helps", "hurts"]).any()


def test_a_lower_brier_score_helps(run):
    found = compare_methods(run.results, classes=run.classes, labels=run.labels, scores=run.scores, metric="brier")
    decided = found.verdicts[found.verdicts["verdict"].isin(["helps", "hurts"])]
    assert len(decided)
    assert (decided["verdict"].eq("helps") == (decided["difference"] < 0)).all()


def test_what_is_written_is_read_back(comparison, tmp_path):
    comparison.write(tmp_path)
    pd.testing.assert_frame_equal(
        pd.read_parquet(tmp_path / "verdicts.parquet"), comparison.verdicts, check_dtype=False
    )
    assert read_recommendation(tmp_path / "recommendation.json") == comparison.recommendation


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"encoder": 1}', '{"statistics": 3}'])
def test_a_damaged_recommendation_is_told(tmp_path, text):
    path = tmp_path / "recommendation.json"
    path.write_text(text)
    with pytest.raises(InputError, match="not a recommendation"):
        read_recommendation(path)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"baseline": "plain"}, "has no baseline 'plain'"),
        ({"metric": "charm"}, "'charm' cannot be compared"),
        ({"metric": "recall@luck"}, "'threshold@luck' is not among the results"),
        ({"correction": "hope"}, "correction 'hope' is not known"),
    ],
)
def test_what_cannot_be_compared_is_told(run, change, told):
    with pytest.raises(InputError, match=told):
        compare_methods(run.results, classes=run.classes, labels=run.labels, scores=run.scores, **change)


def test_no_verdict_is_drawn_without_a_test_part_or_a_second_method(run):
    with pytest.raises(InputError, match="no test part"):
        compare_methods(run.results[run.results["part"] != "test"], classes=run.classes)
    with pytest.raises(InputError, match="no method beside"):
        compare_methods(run.results[run.results["method"] == "baseline"], classes=run.classes)


def test_methods_of_other_seeds_than_the_baselines_are_refused(run):
    fewer = run.results[(run.results["method"] != "idle") | (run.results["seed"] > 0)]
    with pytest.raises(InputError, match="'idle' has 5 seed"):
        compare_methods(fewer, classes=run.classes)
    other = run.results.assign(seed=run.results["seed"] + 100 * (run.results["method"] == "idle"))
    with pytest.raises(InputError, match="no scores of"):
        compare_methods(other, classes=run.classes, labels=run.labels, scores=run.scores)


def test_a_class_missing_from_every_test_part_is_undefined_and_never_tested(run):
    labels = run.labels.copy()
    labels[:, 5] = False
    found = compare_methods(run.results, classes=run.classes, labels=labels, scores=run.scores).verdicts
    gone = found[found["class_name"] == "f"]
    assert gone[["value", "difference", "low", "high", "p", "p_adjusted", "detectable"]].isna().all(axis=None)
    assert set(gone["verdict"]) == {"too few positives"}
    assert (gone["support"] == 0).all()
    assert np.isfinite(found.loc[found["is_group"] & (found["class_name"] != "tail"), "difference"]).all()


def test_labels_of_another_image_set_are_refused(run):
    with pytest.raises(InputError, match="labels of another set"):
        compare_methods(run.results, classes=run.classes, labels=run.labels[:10], scores=run.scores)
