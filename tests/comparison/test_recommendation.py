import pytest

from tailprobe.comparison.recommendation import Candidate, recommend


def advise(**changes):
    plain = {
        "encoder": "clip", "method": "oversample(largest)", "value": 0.6, "effect_rare": 0.1,
        "effect_rare_low": 0.05, "effect_rare_high": 0.15, "effect_remaining": -0.01, "effect_remaining_low": -0.03,
        "effect_remaining_high": 0.01, "probability_of_benefit": 0.999, "minimum_detectable_effect": 0.08, "seeds": 10,
        "improves": True,
    }  # fmt: skip
    candidate = Candidate(**(plain | changes))
    return recommend(
        [candidate], metric="average_precision", baseline="baseline", baseline_values={"clip": 0.5}, statistics=()
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
    assert sentence in advise(improves=False, minimum_detectable_effect=float("nan"), seeds=seeds).sentence
