"""The mean effect of a family of methods: its estimate, its interval, and what it does not claim to know."""

from dataclasses import replace

import numpy as np
import pytest
from benchmarks.simulate import Population, draw_study

from tailprobe.comparison.compare import compare_methods
from tailprobe.comparison.family import family_effects
from tailprobe.comparison.grouping import group_classes
from tailprobe.groups import LOW_FREQUENCY, REMAINING

from .conftest import CLASSES, PREVALENCE, lay_out

METHODS = ("baseline", "reweight(2)", "reweight(4)", "idle")
FAMILIES = {"reweight": ("reweight(2)", "reweight(4)"), "nothing": ("idle",)}


def drawn(seed: int, *, effect: tuple[float, float, float] = (0.6, 1.2, 0.0), images: int = 800):
    by_class = np.repeat(np.array(effect)[:, None], len(PREVALENCE), axis=1)
    population = Population(images=images, prevalence=PREVALENCE, methods=3, seeds=5, effect=by_class)
    return lay_out(draw_study(population, np.random.default_rng(seed)), methods=METHODS)


def effects(run, **changes):
    low = np.arange(len(CLASSES)) >= 3
    options = {
        "encoder": "simulated",
        "families": FAMILIES,
        "groups": (LOW_FREQUENCY, REMAINING),
        "metric": "average_precision",
        "grouping": group_classes(CLASSES, counts=run.labels.sum(axis=0), low_frequency=low),
        "labels": run.labels,
    } | changes
    scores = options.pop("scores", run.scores)
    return {(e.family, e.group): e for e in family_effects(scores, **options)}


@pytest.fixture(scope="module")
def growing():
    return drawn(3)


def test_the_effect_is_the_mean_of_the_methods_differences(growing):
    rows = compare_methods(growing.scores, labels=growing.labels, classes=growing.classes).verdicts
    for group in (LOW_FREQUENCY, REMAINING):
        chosen = rows["method"].isin(FAMILIES["reweight"]) & rows["class_name"].eq(group)
        assert effects(growing)["reweight", group].difference == pytest.approx(rows.loc[chosen, "difference"].mean())


def test_an_interval_excludes_no_effect_where_there_is_one_and_detects_half_of_what_is_there(growing):
    found = effects(growing)["reweight", LOW_FREQUENCY]
    assert 0 < found.low < found.difference < found.high
    assert 0 < found.minimum_detectable_effect < found.difference


def test_intervals_hold_an_effect_of_zero_in_nearly_all_studies():
    holds = 0
    for seed in range(12):
        found = effects(drawn(seed, effect=(0.0, 0.0, 0.0), images=300))["reweight", LOW_FREQUENCY]
        holds += found.low <= 0 <= found.high
    assert holds >= 10  # at a coverage of 95%, fewer come once in 50 times


def test_below_three_seeds_there_is_a_difference_and_no_interval(growing):
    found = effects(growing, scores=growing.of(seeds=2))["reweight", LOW_FREQUENCY]
    assert np.isfinite(found.difference)
    assert np.isnan([found.low, found.high, found.minimum_detectable_effect]).all()


def test_heads_that_never_differ_are_known_no_better_than_their_images_allow(growing):
    scores = {head: replace(s, logits=np.full_like(s.logits, -9)) for head, s in growing.scores.items()}
    found = effects(growing, scores=scores, metric="recall@0.5")["reweight", LOW_FREQUENCY]
    assert found.difference == 0
    assert found.low < -0.02 < 0.02 < found.high
