from dataclasses import replace

import pytest

from tailprobe.comparison.conclusion import Conclusion
from tailprobe.comparison.recommendation import Candidate, recommend


def candidate(**changes):
    plain = {
        "encoder": "clip", "method": "oversample(largest)", "value": 0.6, "effect_rare": 0.1,
        "effect_rare_low": 0.05, "effect_rare_high": 0.15, "effect_remaining": -0.01, "effect_remaining_low": -0.03,
        "effect_remaining_high": 0.01, "probability_of_benefit": 0.999, "minimum_detectable_effect": 0.08, "seeds": 10,
        "improves": True,
    }  # fmt: skip
    return Candidate(**(plain | changes))


def advise(**changes):
    return recommend(
        [candidate(**changes)],
        metric="average_precision",
        baseline="baseline",
        baseline_values={"clip": 0.5},
        statistics=(),
    )


@pytest.mark.parametrize(
    ("effect", "sentence"),
    [
        ((-0.01, -0.03, 0.01), "the change is not significant, −0.010 (simultaneous interval −0.030 to +0.010)"),
        ((-0.02, -0.03, -0.01), "remaining classes the change is −0.020 (simultaneous interval −0.030 to −0.010)"),
        ((0.02, 0.01, 0.03), "remaining classes the change is +0.020 (simultaneous interval +0.010 to +0.030)"),
    ],
)
def test_a_cost_that_is_not_shown_is_not_said_to_be_none(effect, sentence):
    found = advise(
        **dict(zip(("effect_remaining", "effect_remaining_low", "effect_remaining_high"), effect, strict=True))
    )
    assert found.method == "oversample(largest)"
    assert sentence in found.sentence


def test_a_method_that_may_cost_more_than_it_gains_is_not_recommended():
    found = advise(effect_remaining_low=-0.11)
    assert found.method == "baseline"
    assert "may lower the remaining classes by as much" in found.sentence


def test_the_minimum_detectable_effect_comes_with_its_power():
    assert "minimum detectable effect is 0.080 at 80% power" in advise(improves=False).sentence


def test_a_study_that_detects_no_possible_effect_says_so():
    assert (
        "minimum detectable effect exceeds 1" in advise(improves=False, minimum_detectable_effect=float("nan")).sentence
    )


@pytest.mark.parametrize(("seeds", "sentence"), [(1, "one seed cannot separate"), (2, "two seeds cannot separate")])
def test_too_few_seeds_are_named(seeds, sentence):
    nothing = {f"effect_rare_{end}": float("nan") for end in ("low", "high")}
    found = advise(improves=False, minimum_detectable_effect=float("nan"), seeds=seeds, **nothing)
    assert sentence in found.sentence
    assert found.best is None


def test_the_largest_gain_is_known_beside_the_best_supported():
    wild = {"method": "wild", "effect_rare": 0.3, "effect_rare_low": 0.01, "effect_rare_high": 0.6}
    both = [candidate(), candidate(**wild)]
    found = recommend(
        both, metric="average_precision", baseline="baseline", baseline_values={"clip": 0.5}, statistics=()
    )
    assert (found.method, found.best.method, found.largest.method) == ("oversample(largest)",) * 2 + ("wild",)


def test_a_run_recommends_a_method_only_where_its_conclusion_says_to_use_it():
    chosen = advise()
    answer = Conclusion(
        "trained too short", "clip", chosen.method, chosen.method, "average_precision", "Too short.", "So far.", "",
        0.1, 0.05, 0.15, 0.96, 0.08,
    )  # fmt: skip
    short = chosen.concluded(answer)
    assert (short.method, short.effect_rare, short.sentence) == ("baseline", 0, "Too short. So far.")
    used = chosen.concluded(replace(answer, kind="use"))
    assert (used.method, used.effect_rare, used.conclusion.method) == (chosen.method, 0.1, chosen.method)
