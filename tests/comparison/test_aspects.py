"""Ranking, decisions and calibration side by side: what is measured, where they disagree, and what is recommended."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from benchmarks.simulate import Population, draw_study

from tailprobe.comparison.answer import answer
from tailprobe.comparison.aspects import BETTER, UNCHANGED, UNCLEAR, WORSE, measure_aspects
from tailprobe.comparison.compare import compare_methods
from tailprobe.comparison.contrasts import contrasts_from_scores
from tailprobe.comparison.decomposition import decompose
from tailprobe.comparison.grouping import group_classes
from tailprobe.comparison.guards import guard
from tailprobe.comparison.recommendation import Recommendation
from tailprobe.scores.head_scores import HeadPart, HeadScores

CLASSES = ("a", "b", "c", "d")
LOW = np.arange(4) >= 2
GROUPING = group_classes(CLASSES, counts=np.array([300, 150, 80, 40]), low_frequency=LOW)


@pytest.fixture(scope="module")
def study():
    """The baseline; a loud one that flags more, ranks worse and is no probability; a better one; a moved threshold."""
    drawn = draw_study(
        Population(
            images=1500,
            prevalence=(0.3, 0.15, 0.08, 0.04),
            seeds=6,
            methods=2,
            effect=np.array([[-0.5] * 4, [1.2] * 4]),
        ),
        np.random.default_rng(0),
    )
    baseline, worse, better = (drawn.logits[:, m] - 2 for m in range(3))
    methods = {"baseline": baseline, "loud": 2 * worse + 2.5, "better": better, "moved": baseline + 1}
    scores = {
        HeadPart("e", name, s, "test"): HeadScores(rows, of[s].astype(np.float32), thresholds={"0.5": np.full(4, 0.5)})
        for name, of in methods.items()
        for s, rows in enumerate(drawn.rows)
    }
    return drawn.labels, scores


@pytest.fixture(scope="module")
def decomposition(study) -> pd.DataFrame:
    labels, scores = study
    return decompose(scores, labels=labels, grouping=GROUPING, rules=["0.5"], identical_ranking=["moved"])


@pytest.fixture(scope="module")
def aspects(study, decomposition) -> pd.DataFrame:
    labels, scores = study
    return measure_aspects(scores, decomposition, labels=labels, grouping=GROUPING, identical_ranking=["moved"])


def directions(aspects: pd.DataFrame, method: str) -> dict[str, str]:
    rows = aspects[(aspects["method"] == method) & (aspects["class_name"] == "low-frequency")]
    return dict(zip(rows["metric"], rows["direction"], strict=True))


def test_differences_are_those_of_the_contrasts_and_of_the_decomposition(study, decomposition, aspects) -> None:
    labels, scores = study
    contrasts = contrasts_from_scores(
        scores, encoder="e", methods=["loud"], baseline="baseline", metric="brier", grouping=GROUPING, labels=labels
    )
    at = aspects.set_index(["method", "class_name", "metric"])["difference"]
    assert at["loud", "low-frequency", "brier"] == pytest.approx(
        contrasts.differences.mean[0, GROUPING.column("low-frequency")]
    )
    parts = decomposition[decomposition["is_group"]].set_index(["method", "class_name", "metric"])["difference"]
    assert at["loud", "all", "recall@0.5"] == parts["loud", "all", "recall@0.5"]
    assert set(aspects["class_name"]) == {"all", "low-frequency", "remaining"}
    assert len(aspects) == 3 * 3 * 5


def test_what_is_planted_is_found_lower_being_better_of_the_brier_score(aspects) -> None:
    loud = directions(aspects, "loud")
    assert (loud["average_precision"], loud["recall@0.5"], loud["precision@0.5"]) == (WORSE, BETTER, WORSE)
    assert loud["brier"] == WORSE
    assert directions(aspects, "better")["average_precision"] == BETTER
    assert directions(aspects, "moved")["average_precision"] == UNCHANGED
    assert set(aspects["direction"]) <= {BETTER, WORSE, UNCLEAR, UNCHANGED}


def test_a_method_that_trains_its_baselines_heads_changes_nothing(study) -> None:
    labels, scores = study
    copied = scores | {head._replace(method="copy"): of for head, of in scores.items() if head.method == "baseline"}
    parts = decompose(copied, labels=labels, grouping=GROUPING, rules=["0.5"])
    found = {
        named: directions(measure_aspects(copied, parts, labels=labels, grouping=GROUPING, no_ops=named), "copy")
        for named in [(), ("copy",)]
    }
    assert set(found[()].values()) == {UNCLEAR}
    assert set(found["copy",].values()) == {UNCHANGED}


def test_a_disagreement_is_stated_with_its_reasons(aspects, decomposition) -> None:
    found = answer(aspects, decomposition, encoder="e", method="loud", rule="0.5")
    assert found is not None
    assert not found.agree
    assert found.sentence.startswith("loud: ranking average precision −0.")
    for reason in (
        "Recall rises because it flags", "with as many flagged as by the baseline the change is −0.",
        "The recall is paid for: precision at 0.5 −0.", "Its ranking is worse", "further from probabilities",
    ):  # fmt: skip
        assert reason in found.sentence


def test_where_all_go_one_way_no_reason_is_given(aspects, decomposition) -> None:
    found = answer(aspects, decomposition, encoder="e", method="better", rule="0.5")
    assert found is not None
    assert (found.ranking.direction, found.decisions[0].direction) == (BETTER, BETTER)
    assert found.agree
    assert found.sentence.endswith("They do not contradict each other.")


def test_a_better_ranking_that_flags_no_more_is_told_to_move_its_threshold(aspects, decomposition) -> None:
    same = aspects.copy()
    same.loc[(same["method"] == "better") & (same["metric"] == "recall@0.5"), "direction"] = UNCLEAR
    found = answer(same, decomposition, encoder="e", method="better", rule="0.5")
    assert found is not None
    assert found.reasons == (
        "It ranks better without flagging more at this threshold; a moved threshold makes use of it.",
    )


def test_without_a_rule_or_a_method_there_is_no_answer(aspects, decomposition) -> None:
    assert answer(aspects, decomposition, encoder="e", method="better", rule="0.2") is None
    assert answer(aspects, decomposition, encoder="e", method="other", rule="0.5") is None


@pytest.fixture(scope="module")
def compared(study):
    labels, scores = study
    classes = pd.DataFrame({"class_name": CLASSES, "count": [300, 150, 80, 40], "low_frequency": LOW})
    return compare_methods(scores, labels=labels, classes=classes, metric="recall@0.5")


def recommending(compared, method: str, metric: str = "recall@0.5") -> Recommendation:
    return replace(compared.recommendation, method=method, metric=metric, sentence="as it was")


def test_a_gain_that_a_moved_threshold_has_too_is_not_recommended(compared, decomposition) -> None:
    found = guard(recommending(compared, "loud"), decomposition, compared.candidates)
    assert found.method == "moved"
    assert found.sentence.startswith("Move the baseline's threshold: of +")
    assert "moved, which trains nothing, gains +" in found.sentence
    row = compared.verdicts.set_index(["method", "class_name"]).loc[("moved", "low-frequency")]
    assert (found.effect_rare, found.effect_rare_low) == (row["difference"], row["simultaneous_low"])
    assert found.best is not None
    assert found.best.method == "moved"
    assert found.effect_rare_low > 0
    assert found.probability_of_benefit > 0.99


def test_without_an_arm_that_moves_thresholds_the_baseline_is_kept(compared, decomposition) -> None:
    alone = decomposition[decomposition["method"] != "moved"]
    found = guard(recommending(compared, "loud"), alone, compared.candidates)
    assert (found.method, found.effect_rare) == ("baseline", 0)
    assert found.sentence.startswith("Keep the baseline and move its threshold: of +")


@pytest.mark.parametrize(
    ("method", "metric"),
    [("better", "recall@0.5"), ("moved", "recall@0.5"), ("baseline", "recall@0.5"), ("loud", "average_precision")],
)
def test_other_recommendations_stay(compared, decomposition, method: str, metric: str) -> None:
    given = recommending(compared, method, metric)
    assert guard(given, decomposition, compared.candidates) == given
