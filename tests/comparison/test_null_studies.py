"""A small share of `make evidence`: what the verdicts are worth on studies whose truth is known."""

import numpy as np
import pytest
from benchmarks.simulate import Population, TrainedPopulation, draw_study, draw_trained_study

from tailprobe.comparison.contrasts import TestResult, contrasts
from tailprobe.comparison.grouping import group_classes
from tailprobe.comparison.verdict import decide_verdicts

STUDIES = 40


def verdicts(study):
    c = study.labels.shape[1]
    grouping = group_classes(
        tuple(map(str, range(c))), counts=np.arange(c, 0, -1), low_frequency=np.arange(c) >= c // 2
    )

    def part(s, method):
        rows = study.rows[s]
        return TestResult.measure("average_precision", rows, study.labels[rows], study.logits[s, method])

    seeds, methods = range(len(study.rows)), [str(m) for m in range(1, study.logits.shape[1])]
    measured = contrasts(
        ((part(s, int(m)) for s in seeds) for m in methods),
        [[part(s, 0) for s in seeds]] * len(methods),
        encoder="simulated",
        methods=methods,
        grouping=grouping,
        images=len(study.labels),
    )
    return decide_verdicts([measured], grouping, metric="average_precision").verdicts


@pytest.fixture(scope="module")
def null():
    population = Population(images=800, prevalence=(0.3, 0.15, 0.1, 0.06, 0.04), methods=2, seeds=6)
    return [verdicts(draw_study(population, np.random.default_rng([1, i]))) for i in range(STUDIES)]


def test_of_studies_where_nothing_differs_few_find_anything(null):
    false = sum(table["verdict"].isin(["improves", "worsens"]).any() for table in null)
    assert false <= 5  # of 40; at a chance of 5% more come once in a hundred times


def test_intervals_of_no_difference_hold_nought_about_95_times_in_100(null):
    inside = np.mean([((t["low"] <= 0) & (t["high"] >= 0)).mean() for t in null])
    assert 0.92 < inside < 0.985


def test_intervals_of_a_value_hold_its_mean_over_new_collections(null):
    truth = np.mean([t["value"] for t in null], axis=0)
    inside = np.mean([((t["value_low"] <= truth) & (truth <= t["value_high"])).mean() for t in null])
    assert 0.88 < inside < 0.99


def test_a_remedy_that_suits_some_images_and_not_others_is_not_taken_for_sure():
    # The same images in every test part say the same: a paired t-test over seeds would cover 60 to 80%.
    population = Population(
        images=600, prevalence=(0.3, 0.15, 0.1), methods=1, seeds=10, effect=0.5, image_effect_sd=1.0, given_split=True
    )
    tables = [verdicts(draw_study(population, np.random.default_rng([2, i]))) for i in range(STUDIES)]
    classes = ~tables[0]["is_group"]
    truth = np.mean([t["difference"] for t in tables], axis=0)
    inside = np.mean([((t["low"] <= truth) & (truth <= t["high"]))[classes].mean() for t in tables])
    assert inside > 0.87


def test_heads_that_are_trained_on_overlapping_parts_are_not_told_apart_from_themselves():
    population = TrainedPopulation(images=500, prevalence=(0.3, 0.15, 0.1), width=8, methods=1, seeds=5)
    tables = [verdicts(draw_trained_study(population, np.random.default_rng([3, i]))) for i in range(20)]
    assert sum(t["verdict"].isin(["improves", "worsens"]).any() for t in tables) <= 3
