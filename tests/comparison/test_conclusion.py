"""Every study has one of four answers, with one interval and one minimum detectable effect."""

from dataclasses import replace

import pandas as pd
import pytest

from tailprobe.comparison.conclusion import CANNOT_TELL, NOT_WORTH_IT, TRAINED_TOO_SHORT, USE, conclude
from tailprobe.comparison.convergence import mark_provisional, not_converged
from tailprobe.comparison.recommendation import Recommendation

CLASSES = pd.DataFrame({"class_name": ["mine", "forest"], "count": [40, 900], "low_frequency": [True, False]})
KEPT = Recommendation("clip", "baseline", "average_precision", 0, 0, 0, 0, 0, 0, 1, "Keep the baseline.", ())
CHOSEN = replace(
    KEPT, method="b", effect_rare=0.05, effect_remaining=-0.001, effect_remaining_low=-0.01,
    effect_remaining_high=0.008, sentence="Use b.",
)  # fmt: skip


def verdicts(*rows: tuple[str, str, float, float], provisional: bool = False, metric: str = "average_precision"):
    """Rows of the low-frequency group: method, verdict, difference, reach of the simultaneous interval."""
    table = pd.DataFrame(rows, columns=["method", "verdict", "difference", "reach"])
    return table.assign(
        encoder="clip", class_name="low-frequency", is_group=True, question="primary", critical_level=0.01,
        simultaneous_low=table["difference"] - table["reach"], simultaneous_high=table["difference"] + table["reach"],
        minimum_detectable_effect=1.2 * table["reach"], margin=0.02, metric=metric, seeds=5, support=40.0,
        below_margin=False, provisional=provisional, standard_error_seeds=0.3 * table["reach"],
        standard_error_images=0.01 * table["reach"],
    )  # fmt: skip


def test_a_recommended_method_is_to_be_used() -> None:
    found = conclude(verdicts(("a", "inconclusive", 0.01, 0.04), ("b", "improves", 0.05, 0.03)), CHOSEN, CLASSES)
    assert (found.kind, found.method, found.headline) == (USE, "b", "Use b.")
    assert (found.difference, found.low, found.high) == pytest.approx((0.05, 0.02, 0.08))
    assert "by +0.050 (+0.020 to +0.080); on the others no change was shown (−0.001)." in found.sentence
    assert found.settle == ""


def test_practically_equal_methods_are_not_worth_it() -> None:
    rows = verdicts(("a", "practically equal", 0.002, 0.01), ("b", "practically equal", -0.003, 0.012))
    found = conclude(rows, KEPT, CLASSES)
    assert (found.kind, found.method) == (NOT_WORTH_IT, "baseline")
    assert "all 2 methods differ from it by less than 0.02 average precision" in found.sentence
    assert "−0.015 to +0.012" in found.sentence
    mixed = conclude(verdicts(("a", "practically equal", 0, 0.01), ("b", "worsens", -0.2, 0.1)), KEPT, CLASSES)
    assert "1 methods differ" in mixed.sentence
    assert "1 are worse" in mixed.sentence


def test_an_open_answer_names_the_best_supported_method_and_what_would_settle_it() -> None:
    rows = verdicts(("wild", "inconclusive", 0.08, 0.2), ("sound", "inconclusive", 0.03, 0.04))
    found = conclude(rows, KEPT, CLASSES)
    assert (found.kind, found.method) == (CANNOT_TELL, "sound")
    assert found.headline == "Cannot tell yet. Best bet: sound."
    assert "anything from −0.010 to +0.070. A true difference below 0.048 would often be missed." in found.sentence
    assert found.settle.startswith("To settle it: ")
    assert "seeds instead of 5, or label about" in found.settle
    assert "more images of mine" in found.settle
    assert found.detectable == pytest.approx(0.048)


def test_where_no_method_is_ahead_the_baseline_is_the_best_bet() -> None:
    found = conclude(verdicts(("a", "inconclusive", -0.01, 0.04), ("b", "worsens", -0.3, 0.1)), KEPT, CLASSES)
    assert (found.method, found.about) == ("baseline", "a")
    assert found.sentence.startswith("No method is shown to be ahead of the baseline; the best supported is a.")


def test_a_gain_that_the_others_pay_for_is_not_worth_it_where_they_lose_as_much_for_sure() -> None:
    gain = verdicts(("a", "improves", 0.05, 0.03))
    cost = gain.assign(class_name="remaining", question="cost", difference=-0.08)
    assert conclude(pd.concat([gain, cost.assign(verdict="worsens")]), KEPT, CLASSES).kind == NOT_WORTH_IT
    found = conclude(pd.concat([gain, cost.assign(verdict="inconclusive")]), KEPT, CLASSES)
    assert found.kind == CANNOT_TELL
    assert "may cost the other classes as much" in found.sentence


def test_unconverged_heads_are_trained_too_short_even_where_a_method_seems_to_win() -> None:
    found = conclude(verdicts(("b", "improves", 0.22, 0.05), provisional=True), CHOSEN, CLASSES)
    assert (found.kind, found.method) == (TRAINED_TOO_SHORT, "b")
    assert "So far b is ahead" in found.sentence
    assert "--epochs auto" in found.settle


def test_less_is_better_in_the_brier_score() -> None:
    rows = verdicts(("a", "inconclusive", -0.01, 0.02), ("b", "inconclusive", 0.01, 0.02), metric="brier")
    assert conclude(rows, replace(KEPT, metric="brier"), CLASSES).method == "a"


def test_a_study_that_tested_nothing_cannot_tell() -> None:
    found = conclude(verdicts(("a", "not tested", 0.1, 0.1)).assign(critical_level=float("nan")), KEPT, CLASSES)
    assert (found.kind, found.sentence) == (CANNOT_TELL, "Keep the baseline.")


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
        (5, 2.0, "a test part has 2 images of such a class, and a test needs 5", "label about 60 more images of mine;"),
    ],
)
def test_an_untested_group_has_its_reason_and_what_a_test_needs(
    seeds: int, support: float, reason: str, settle: str
) -> None:
    rows = verdicts(("a", "not tested", 0.03, 0.04)).assign(critical_level=float("nan"), seeds=seeds, support=support)
    found = conclude(rows, KEPT, CLASSES)
    assert (found.kind, found.headline) == (CANNOT_TELL, "Cannot tell yet.")
    assert reason in found.sentence
    assert settle in found.settle
