import pytest

from tailprobe.comparison.recommendation import Candidate, recommend


def advise(**changes):
    plain = {
        "encoder": "clip", "method": "oversample(largest)", "value": 0.6, "gain": 0.1, "gain_low": 0.05,
        "gain_high": 0.15, "cost": -0.01, "cost_low": -0.03, "cost_high": 0.01, "certainty": 0.999,
        "detectable": 0.08, "seeds": 10, "helps": True,
    }  # fmt: skip
    candidate = Candidate(**(plain | changes))
    return recommend(
        [candidate], metric="average_precision", baseline="baseline", baseline_values={"clip": 0.5}, statistics=()
    )


@pytest.mark.parametrize(
    ("cost", "told"),
    [
        ((-0.01, -0.03, 0.01), "on the others it is not shown to change anything, −0.010 (−0.030 to +0.010)"),
        ((-0.02, -0.03, -0.01), "on the others it costs, −0.020 (−0.030 to −0.010)"),
        ((0.02, 0.01, 0.03), "on the others it gains too, +0.020 (+0.010 to +0.030)"),
    ],
)
def test_a_cost_that_is_not_shown_is_not_said_to_be_none(cost, told):
    found = advise(**dict(zip(("cost", "cost_low", "cost_high"), cost, strict=True)))
    assert found.method == "oversample(largest)"
    assert told in found.sentence


def test_a_method_that_may_cost_more_than_it_gains_is_not_recommended():
    found = advise(cost_low=-0.11)
    assert found.method == "baseline"
    assert "may cost the others as much" in found.sentence


def test_the_difference_that_would_have_been_found_comes_with_its_chance():
    assert "0.080 would have been found with a chance of 80%" in advise(helps=False).sentence


def test_a_study_that_would_have_found_nothing_says_so():
    assert "no difference, however large" in advise(helps=False, detectable=float("nan")).sentence


@pytest.mark.parametrize(("seeds", "told"), [(1, "one seed cannot tell"), (2, "two seeds cannot tell")])
def test_too_few_seeds_are_named(seeds, told):
    assert told in advise(helps=False, detectable=float("nan"), seeds=seeds).sentence
