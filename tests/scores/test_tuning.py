from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailprobe.errors import InputError
from tailprobe.scores.decisions import f_beta, precision, recall, relative_cost_saving
from tailprobe.scores.thresholds import decide, tune_f_beta
from tailprobe.scores.tuning import optimism, tune_cost, tune_global_f_beta, tune_precision

seeds, tied = st.integers(0, 1000), st.booleans()


def drawn(seed, tied):
    rng = np.random.default_rng(seed)
    labels = rng.random((25, 3)) < [0.0, 0.3, 0.6]
    labels[0, 1:] = True
    return labels, rng.integers(0, 6, (25, 3)) / 5 if tied else rng.random((25, 3))


def every(scores):
    return [*np.unique(scores), scores.min() - 1, scores.max() + 1]


def cost(labels, decisions, missed, false_alarm):
    return missed * (labels & ~decisions).sum(axis=0) + false_alarm * (~labels & decisions).sum(axis=0)


@given(seeds, tied, st.sampled_from([(1, 1), (5, 1), (1, 5), (1, 0)]))
def test_no_threshold_costs_less_than_the_tuned_one(seed, tied, costs):
    labels, scores = drawn(seed, tied)
    found = tune_cost(labels, scores, missed=costs[0], false_alarm=costs[1])
    assert np.isnan(found[0])
    reached = cost(labels, decide(scores, found), *costs)
    for c in (1, 2):
        least = min(cost(labels, scores > t, *costs)[c] for t in every(scores[:, c]))
        assert reached[c] == least


@given(seeds, tied, st.sampled_from([0.3, 0.5, 0.9, 1.0]))
def test_the_wanted_precision_is_kept_with_as_many_positives_as_may_be(seed, tied, wanted):
    labels, scores = drawn(seed, tied)
    found = tune_precision(labels, scores, wanted=wanted)
    decisions = decide(scores, found)
    for c in (1, 2):
        options = [
            recall(labels, scores > t)[c] for t in every(scores[:, c]) if precision(labels, scores > t)[c] >= wanted
        ]
        if options:
            assert precision(labels, decisions)[c] >= wanted
            assert recall(labels, decisions)[c] == max(options)
        else:
            assert found[c] == np.inf


@given(seeds, tied)
def test_no_threshold_for_all_is_better_than_the_global_one(seed, tied):
    labels, scores = drawn(seed, tied)
    found = tune_global_f_beta(labels, scores, beta=2.0)
    assert len(set(found)) == 1
    reached = np.nanmean(f_beta(labels, decide(scores, found), beta=2.0))
    assert reached == pytest.approx(max(np.nanmean(f_beta(labels, scores > t, beta=2.0)) for t in every(scores)))


def test_tuning_on_the_reported_part_never_promises_less():
    validation, test = drawn(1, tied=False), drawn(2, tied=False)
    for rule, utility in (
        (tune_f_beta, partial(f_beta, beta=2.0)),
        (partial(tune_cost, missed=5, false_alarm=1), partial(relative_cost_saving, missed=5, false_alarm=1)),
    ):
        found = optimism(rule, validation=validation, test=test, utility=utility)
        assert np.isnan(found[0])
        assert (found[1:] >= 0).all()
        assert found[1:].max() > 0
        assert (optimism(rule, validation=test, test=test, utility=utility)[1:] == 0).all()


def test_values_that_make_no_sense_are_refused():
    labels, scores = drawn(0, tied=False)
    with pytest.raises(InputError, match="not both 0"):
        tune_cost(labels, scores, missed=0, false_alarm=0)
    with pytest.raises(InputError, match="wanted"):
        tune_precision(labels, scores, wanted=0)


def test_without_positives_there_is_no_threshold():
    labels, scores = np.zeros((4, 2), dtype=bool), np.random.default_rng(0).random((4, 2))
    assert np.isnan(tune_global_f_beta(labels, scores)).all()
