"""Dose and response: a trend is a line in the logarithm of the dose, and one more member of the primary question."""

import numpy as np
import pytest
from benchmarks.simulate import Population, draw_study

from tailprobe.comparison.compare import compare_methods
from tailprobe.comparison.joint import JointSample, components_of
from tailprobe.comparison.trend import shrink_towards_methods, trend_weights
from tailprobe.comparison.variance import VarianceAccumulator
from tailprobe.methods.doses import DoseFamily, dose_families
from tailprobe.methods.lookup import parse_methods

from .conftest import PREVALENCE, lay_out

METHODS = ("baseline", "reweight(2)", "reweight(4)", "reweight(8)")
FAMILY = DoseFamily("reweight", "factor", METHODS[1:], (2.0, 4.0, 8.0))


@pytest.fixture(scope="module")
def growing():
    effect = np.repeat([[0.1], [0.6], [1.1]], len(PREVALENCE), axis=1)
    population = Population(images=1000, prevalence=PREVALENCE, methods=3, seeds=6, effect=effect)
    return lay_out(draw_study(population, np.random.default_rng(3)), methods=METHODS)


def test_the_weights_give_the_change_along_the_least_squares_line():
    doses, y = np.array([1.5, 2.0, 3.0, 10.0]), np.array([0.01, 0.05, 0.04, 0.2])
    slope = np.polyfit(np.log(doses), y, 1)[0]
    assert trend_weights(tuple(doses)) @ y == pytest.approx(slope * np.log(10 / 1.5))
    assert trend_weights(tuple(doses)).sum() == pytest.approx(0)  # the baseline's noise is not in it


def test_a_trend_is_tested_with_the_methods_of_the_primary_question(growing):
    options = {"labels": growing.labels, "classes": growing.classes}
    found = compare_methods(growing.scores, doses=[FAMILY], **options)
    row, rows = found.trends.iloc[0], found.verdicts[found.verdicts["class_name"] == "low-frequency"]
    assert row["difference"] == pytest.approx(trend_weights(FAMILY.doses) @ rows["difference"].to_numpy())
    assert row["verdict"] == "improves"
    assert row["simultaneous_low"] > 0
    assert row["critical_level"] == rows["critical_level"].iloc[0]
    alone = compare_methods(growing.scores, **options)
    assert alone.trends.empty
    assert alone.verdicts["critical_level"].max() > rows["critical_level"].iloc[0]


def test_a_family_with_a_method_set_aside_has_no_trend(growing):
    found = compare_methods(
        growing.scores,
        labels=growing.labels,
        classes=growing.classes,
        doses=[FAMILY],
        set_aside={"reweight(2)": "no-op"},
    )
    assert found.trends.empty


def test_components_of_a_sample_are_those_added_up_seed_by_seed():
    rng = np.random.default_rng(0)
    rows, values, influence = (
        [rng.permutation(9)[:5] for _ in range(4)],
        rng.normal(size=(4, 2)),
        rng.normal(size=(4, 5, 2)),
    )
    total = VarianceAccumulator(images=9, columns=2)
    for s in range(4):
        total.add(values[s], rows[s], influence[s])
    found = components_of(JointSample(values, np.concatenate(influence).T, np.concatenate(rows)))
    for name, expected in vars(total.components()).items():
        np.testing.assert_allclose(getattr(found, name), expected, err_msg=name)


def test_the_prior_of_a_trend_counts_as_much_as_its_methods_was_worth():
    variance, df = shrink_towards_methods(
        4.0, 2.0, residual_df=9.0, ratios=np.array([0.5, 1.5]), methods_df=np.array([27.0, 27.0])
    )
    assert df == 27
    assert variance == pytest.approx((18 * 2.0 + 9 * 4.0) / 27)
    alone = shrink_towards_methods(4.0, 2.0, residual_df=9.0, ratios=np.array([np.nan]), methods_df=np.array([27.0]))
    assert alone == (4.0, 9.0)


def test_families_are_of_three_doses_or_more_of_one_number_alone():
    found = dose_families(
        parse_methods(["focal(1|2), reweight(2|4|8), reweight(2|4|8) + focal(2), oversample(largest)"])
    )
    assert [(family.name, family.argument) for family in found] == [
        ("reweight", "factor"),
        ("reweight + focal", "reweight.factor"),
    ]
    assert found[0].methods == ("reweight(2)", "reweight(4)", "reweight(8)")
