import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tailprobe.errors import InputError
from tailprobe.report.values import agree, deviation, half_width, mean, seed_values


def test_values_stand_where_the_table_has_them(planet_study):
    methods, classes = ["oversample(30000)", "baseline"], ["blow_down", "primary"]
    table = planet_study.results.sample(frac=1, random_state=0)  # rows in any order
    found = seed_values(table, encoder="resnet18", metric="recall", methods=methods, classes=classes)
    for m, method in enumerate(methods):
        for c, name in enumerate(classes):
            np.testing.assert_array_equal(found.array[m, c], planet_study.value(method, name))
    assert found.seeds == (0, 1, 2, 3, 4)


def test_differences_are_taken_within_a_seed(planet_study):
    chosen = {"encoder": "clip", "metric": "recall", "methods": ["baseline", "reweight(10)"], "classes": ["haze"]}
    found = seed_values(planet_study.results, **chosen)
    np.testing.assert_array_equal(found.differences("baseline")[1], found.array[1] - found.array[0])
    assert (found.differences("baseline")[0] == 0).all()


def test_mean_and_deviation_equal_numpys_over_what_is_defined():
    values = np.random.default_rng(0).normal(size=(4, 5, 6))
    values[0, 0] = np.nan
    values[1, 1, 2:] = np.nan
    values[2, 2, 1:] = np.nan
    known = ~np.isnan(values).all(axis=-1)
    np.testing.assert_allclose(mean(values)[known], np.nanmean(values[known], axis=-1))
    several = (~np.isnan(values)).sum(axis=-1) > 1
    np.testing.assert_allclose(deviation(values)[several], np.nanstd(values[several], axis=-1, ddof=1))
    assert np.isnan(mean(values)[~known]).all()
    assert np.isnan(deviation(values)[~several]).all()


def test_the_interval_equals_scipys():
    values = np.random.default_rng(0).normal(size=(3, 7))
    low, high = stats.t.interval(0.95, 6, loc=values.mean(axis=1), scale=stats.sem(values, axis=1))
    np.testing.assert_allclose(half_width(values, "interval"), (high - low) / 2)


def test_seeds_agree_only_from_three_on_and_without_a_tie():
    nan = np.nan
    cases = np.array([[1, 2, 3, 4], [-1, -2, -3, nan], [1, 2, nan, nan], [1, 2, 0, 3], [nan] * 4])
    assert agree(cases).tolist() == [True, True, False, False, False]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"encoder": "vgg"}, "no row with encoder 'vgg'; there are 'clip', 'resnet18'"),
        ({"metric": "f9"}, "no row with metric 'f9'"),
        ({"methods": ["reweight(7)"]}, r"no row with method 'reweight\(7\)'"),
        ({"classes": ["low-frequency"]}, "no row with class_name 'low-frequency'"),  # an average is no class
    ],
)
def test_what_the_table_lacks_is_named(planet_study, change, message):
    chosen = {"encoder": "clip", "metric": "recall", "methods": ["baseline"], "classes": ["haze"]}
    with pytest.raises(InputError, match=message):
        seed_values(planet_study.results, **(chosen | change))


def test_a_value_that_stands_twice_is_refused(planet_study):
    table = pd.concat([planet_study.results, planet_study.results.iloc[:1]])
    with pytest.raises(InputError, match="two values of 'recall' for encoder 'resnet18', method 'baseline'"):
        seed_values(table, encoder="resnet18", metric="recall", methods=["baseline"], classes=["primary"])


def test_a_missing_column_is_named(planet_study):
    table = planet_study.results.drop(columns="is_group")
    with pytest.raises(InputError, match="no column 'is_group'"):
        seed_values(table, encoder="clip", metric="recall", methods=["baseline"], classes=["haze"])
