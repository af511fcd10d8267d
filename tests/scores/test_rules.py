"""Threshold rules by name."""

import numpy as np
import pytest

from tailprobe.errors import InputError
from tailprobe.scores.decisions import f_beta, precision, relative_cost_saving
from tailprobe.scores.rules import find_thresholds, parse_rule
from tailprobe.scores.thresholds import tune_f_beta
from tailprobe.scores.tuning import tune_cost, tune_global_f_beta, tune_precision


def drawn():
    random = np.random.default_rng(0)
    return random.random((30, 4)) < 0.5, random.random((30, 4))


@pytest.mark.parametrize("name", ["0.5", "0", "0.2", "tuned", "tuned(1)", "global", "cost(10)", "authors"])
def test_each_rule_gives_a_threshold_a_class(name):
    found = find_thresholds(name, *drawn())
    assert found.shape == (4,)
    assert np.isfinite(found).all()
    if name[0].isdigit():
        assert (found == float(name)).all()


def test_a_name_gives_the_rule_with_its_values():
    labels, scores = drawn()
    same = {
        "tuned(0.5)": tune_f_beta(labels, scores, beta=0.5),
        "global(1)": tune_global_f_beta(labels, scores, beta=1.0),
        "cost(3, false_alarm=2)": tune_cost(labels, scores, missed=3.0, false_alarm=2.0),
        "precision(0.75)": tune_precision(labels, scores, wanted=0.75),
    }
    for name, expected in same.items():
        np.testing.assert_array_equal(find_thresholds(name, labels, scores), expected)


def test_a_rule_tuned_class_by_class_has_the_utility_that_it_maximises():
    labels, scores = drawn()
    decisions = scores > 0.4
    worth = {
        "tuned": f_beta(labels, decisions, beta=2.0),
        "global(1)": f_beta(labels, decisions, beta=1.0),
        "cost(2)": relative_cost_saving(labels, decisions, missed=2, false_alarm=1),
        "precision(0.5)": precision(labels, decisions),
    }
    for name, expected in worth.items():
        np.testing.assert_array_equal(parse_rule(name).utility(labels, decisions), expected)
    assert parse_rule("0.5").utility is parse_rule("authors").utility is None


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("best", "'best' is not known"),
        ("tunned", "did you mean 'tuned'"),
        ("1.5", "from 0 to below 1"),
        ("cost", "no value for missed"),
        ("tuned(1e300)", "beta is 1e+300, expected a number above 0, up to 1e+06"),
        ("cost(-1)", "missed is -1, expected a number above 0"),
        ("precision(2)", "up to 1"),
        ("tuned(high)", "beta is 'high'. Expected a finite number"),
    ],
)
def test_a_rule_that_makes_no_sense_is_one_line(name, message):
    with pytest.raises(InputError) as raised:
        parse_rule(name)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)
