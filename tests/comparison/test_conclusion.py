"""Every study has one of four answers, with one interval and one minimum detectable effect."""

import pandas as pd
import pytest

from tailprobe.comparison.conclude import conclude
from tailprobe.comparison.conclusion import CANNOT_TELL, NOT_WORTH_IT, TRAINED_TOO_SHORT, USE, Conclusion
from tailprobe.comparison.convergence import mark_provisional, not_converged
from tailprobe.comparison.recommendation import Candidate, recommend

CLASSES = pd.DataFrame({"class_name": ["mine", "forest"], "count": [40, 900], "low_frequency": [True, False]})


def verdicts(*rows: tuple[str, str, float, float], provisional: bool = False, metric: str = "average_precision"):
    """Rows of the low-frequency group: method, verdict, difference, reach of the simultaneous interval."""
    table = pd.DataFrame(rows, columns=["method", "verdict", "difference", "reach"])
    return table.assign(
        encoder="clip", class_name="low-frequency", is_group=True, question="primary", critical_level=0.01,
        simultaneous_low=table["difference"] - table["reach"], simultaneous_high=table["difference"] + table["reach"],
        minimum_detectable_effect=1.2 * table["reach"], margin=0.02, metric=metric, seeds=5, support=40.0,
        below_margin=False, provisional=provisional, level=0.04, compared_with="baseline",
        standard_error_seeds=0.3 * table["reach"],
        standard_error_images=0.01 * table["reach"],
    )  # fmt: skip


def concluded(rows: pd.DataFrame, *, remaining: tuple[float, float] = (-0.01, 0.008), block: int = 1) -> Conclusion:
    """The conclusion on these rows, whose methods change the remaining classes by what lies between two ends."""
    of_group = rows[rows["class_name"] == "low-frequency"]
    metric, sign = str(rows["metric"].iloc[0]), -1 if rows["metric"].iloc[0] == "brier" else 1
    ends = ["simultaneous_low", "simultaneous_high"]
    candidates = []
    for _, row in of_group.iterrows():
        low, high = sorted(sign * row[ends]) if row["critical_level"] > 0 else (float("nan"),) * 2
        candidates.append(Candidate(
            "clip", row["method"], 0.5 + row["difference"], sign * row["difference"], low, high, sum(remaining) / 2,
            *remaining, 0.99, row["minimum_detectable_effect"], row["seeds"], row["verdict"] == "improves",
        ))  # fmt: skip
    chosen = recommend(candidates, metric=metric, baseline="baseline", baseline_values={"clip": 0.5}, statistics=())
    found = conclude(rows, chosen, CLASSES, block=block)
    assert chosen.best is None or found.about == chosen.best.method  # nothing but the recommendation chooses
    return found


def test_a_recommended_method_is_to_be_used() -> None:
    found = concluded(verdicts(("a", "inconclusive", 0.01, 0.04), ("b", "improves", 0.05, 0.03)))
    assert (found.kind, found.method, found.headline) == (USE, "b", "Use b.")
    assert (found.difference, found.low, found.high) == pytest.approx((0.05, 0.02, 0.08))
    assert (
        "by +0.050 (96% simultaneous interval +0.020 to +0.080); on the others no change was shown (−0.001)."
        in found.sentence
    )
    assert found.settle == ""


def test_practically_equal_methods_are_not_worth_it() -> None:
    rows = verdicts(("a", "practically equal", 0.002, 0.01), ("b", "practically equal", -0.003, 0.012))
    found = concluded(rows)
    assert (found.kind, found.method) == (NOT_WORTH_IT, "baseline")
    assert "2 methods differ from it by less than 0.02 average precision" in found.sentence
    assert "−0.015 to +0.012" in found.sentence
    mixed = concluded(verdicts(("a", "practically equal", 0, 0.01), ("b", "worsens", -0.2, 0.1)))
    assert "1 method differs" in mixed.sentence
    assert "1 is worse" in mixed.sentence


def test_an_open_answer_names_the_best_supported_method_and_what_would_settle_it() -> None:
    rows = verdicts(("wild", "inconclusive", 0.08, 0.2), ("sound", "inconclusive", 0.03, 0.04))
    found = concluded(rows)
    assert (found.kind, found.method) == (CANNOT_TELL, "sound")
    assert found.headline == "Cannot tell yet. Best bet: sound."
    assert "anything from −0.010 to +0.070 (96% simultaneous interval)." in found.sentence
    assert "A true difference below 0.048 would often be missed." in found.sentence
    assert found.settle.startswith("To settle it: ")
    assert "seeds instead of 5, or label about" in found.settle
    assert "more images of mine" in found.settle
    assert found.detectable == pytest.approx(0.048)


def test_the_rule_of_choice_is_stated_and_the_larger_gain_beside_it() -> None:
    rows = verdicts(("wild", "inconclusive", 0.08, 0.2), ("sound", "inconclusive", 0.03, 0.04))
    assert concluded(rows).sentence.endswith(
        "Of all methods its interval has the highest lower end, by which it is chosen; wild gains more, +0.080 "
        "(−0.120 to +0.280), but is less certain."
    )
    both = verdicts(("dull", "inconclusive", 0.01, 0.2), ("sound", "inconclusive", 0.03, 0.04))
    assert concluded(both).sentence.endswith("Of all methods its interval has the highest lower end.")
    assert "lower end" not in concluded(verdicts(("sound", "inconclusive", 0.03, 0.04))).sentence


def test_of_several_that_improve_the_best_supported_is_used() -> None:
    found = concluded(verdicts(("wild", "improves", 0.2, 0.19), ("sound", "improves", 0.05, 0.02)))
    assert (found.kind, found.method) == (USE, "sound")
    assert "wild gains more, +0.200 (+0.010 to +0.390), but is less certain." in found.sentence


def test_what_would_settle_it_is_a_whole_number_of_blocks_of_seeds() -> None:
    rows = verdicts(("sound", "inconclusive", 0.03, 0.04))
    assert "To settle it: 29 seeds instead of 5" in concluded(rows).settle
    assert "To settle it: 30 seeds instead of 5" in concluded(rows, block=5).settle


@pytest.mark.parametrize(
    ("reach", "seeds", "images", "settle"),
    [
        (0.04, 0.3, 0.01, "To settle it: 29 seeds instead of 5, or label about"),
        (0.04, 0.0, 0.3, "To settle it: label about"),
        (0.1, 0.3, 0.01, "To settle it: 188 seeds instead of 5."),
        (0.3, 0.3, 0.01, "Settling it is out of reach: you would have to run 2,527 seeds instead of 5, or label about"),
        (0.5, 0.0, 0.3, "Settling it is out of reach: you would have to label about 35,960 more images of mine."),
    ],
)
def test_what_nobody_can_do_is_said_to_be_out_of_reach(reach: float, seeds: float, images: float, settle: str) -> None:
    parts = {"standard_error_seeds": seeds * reach, "standard_error_images": images * reach}
    assert settle in concluded(verdicts(("sound", "inconclusive", 0.03, reach)).assign(**parts)).settle


def test_the_level_of_the_interval_is_stated_with_it() -> None:
    rows = verdicts(("b", "improves", 0.05, 0.03)).assign(level=0.05)
    assert concluded(rows).level == pytest.approx(0.95)
    assert "(95% simultaneous interval +0.020 to +0.080)" in concluded(rows).sentence


def test_a_method_that_had_not_converged_is_provisional_in_the_headline() -> None:
    rows = verdicts(("a", "inconclusive", 0.01, 0.04), ("b", "improves", 0.05, 0.03))
    found = concluded(rows.assign(provisional=rows["method"] == "b"))
    assert (found.kind, found.headline) == (USE, "Use b (provisional: heads had not converged).")


def test_a_difference_from_another_baseline_than_the_verdicts_is_said_to_be_one() -> None:
    found = concluded(verdicts(("ldam", "improves", 0.05, 0.03)).assign(compared_with="softmax"))
    assert "by +0.050 from the baseline (its verdict is from softmax, of its link) (96%" in found.sentence


def test_where_no_method_is_ahead_the_baseline_is_the_best_bet() -> None:
    found = concluded(verdicts(("a", "inconclusive", -0.01, 0.04), ("b", "worsens", -0.3, 0.1)))
    assert (found.method, found.about) == ("baseline", "a")
    assert found.sentence.startswith("No method is shown to be ahead of the baseline; the best supported is a.")


def test_a_method_that_is_practically_equal_is_no_best_bet() -> None:
    found = concluded(verdicts(("a", "practically equal", 0.001, 0.015), ("b", "inconclusive", 0.005, 0.03)))
    assert (found.kind, found.method, found.about) == (CANNOT_TELL, "baseline", "a")
    assert found.headline == "Cannot tell yet. Best bet: the baseline."


def test_a_gain_that_the_others_pay_for_is_not_worth_it_where_they_lose_as_much_for_sure() -> None:
    gain = verdicts(("a", "improves", 0.05, 0.03))
    cost = gain.assign(class_name="remaining", question="cost", difference=-0.08)
    assert concluded(pd.concat([gain, cost.assign(verdict="worsens")]), remaining=(-0.1, -0.06)).kind == NOT_WORTH_IT
    found = concluded(pd.concat([gain, cost.assign(verdict="inconclusive")]), remaining=(-0.1, 0.06))
    assert found.kind == CANNOT_TELL
    assert "may cost the other classes as much" in found.sentence


def test_unconverged_heads_are_trained_too_short_even_where_a_method_seems_to_win() -> None:
    found = concluded(verdicts(("b", "improves", 0.22, 0.05), provisional=True))
    assert (found.kind, found.method) == (TRAINED_TOO_SHORT, "b")
    assert "So far b is ahead" in found.sentence
    assert "--epochs auto" in found.settle


def test_less_is_better_in_the_brier_score() -> None:
    rows = verdicts(("a", "inconclusive", -0.01, 0.02), ("b", "inconclusive", 0.01, 0.02), metric="brier")
    assert concluded(rows).method == "a"


def test_a_study_that_tested_nothing_cannot_tell() -> None:
    found = concluded(verdicts(("a", "not tested", 0.1, 0.1)).assign(critical_level=float("nan")))
    assert (found.kind, found.about, found.sentence) == (CANNOT_TELL, "", "Keep the baseline: no method was tested.")


def test_a_verdict_is_provisional_where_either_side_had_not_converged() -> None:
    rows = [("clip", m, s, 9, ok) for m, ok in (("baseline", True), ("slow", False), ("fine", True)) for s in range(3)]
    histories = pd.DataFrame(rows, columns=["encoder", "method", "seed", "epoch", "converged"])
    assert not_converged(histories) == {("clip", "slow")}
    table = pd.DataFrame(
        {"encoder": "clip", "method": ["slow", "fine", "fine"], "compared_with": ["baseline"] * 2 + ["slow"]}
    )
    assert mark_provisional(table, histories)["provisional"].tolist() == [True, False, True]


@pytest.mark.parametrize(
    ("seeds", "support", "reason", "settle"),
    [
        (2, 8.0, "the study has 2 seeds, and a test needs 3 or more", "--seeds 5 or more"),
        (5, 2.0, "a test part has 2 images of them, and a test needs 5", "label about 60 more images of mine;"),
    ],
)
def test_an_untested_group_has_its_reason_and_what_a_test_needs(
    seeds: int, support: float, reason: str, settle: str
) -> None:
    rows = verdicts(("a", "not tested", 0.03, 0.04)).assign(critical_level=float("nan"), seeds=seeds, support=support)
    found = concluded(rows)
    assert (found.kind, found.headline) == (CANNOT_TELL, "Cannot tell yet.")
    assert reason in found.sentence
    assert settle in found.settle
