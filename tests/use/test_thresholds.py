"""Aims, thresholds and what to expect of them."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from tailprobe.errors import InputError
from tailprobe.scores.thresholds import tune_f_beta
from tailprobe.scores.tuning import tune_precision
from tailprobe.use.aims import aims_by_class, parse_aim
from tailprobe.use.calibration import Calibration, calibrate
from tailprobe.use.expectation import Decision, decide_thresholds
from tailprobe.use.held_out import HeldOutScores
from tailprobe.use.prevalence import PrevalenceCounter
from tailprobe.use.reference import Reference
from tailprobe.use.thresholds import RankedScores, threshold_for


def plain(classes: int) -> Calibration:
    """Return a calibration that changes nothing."""
    zeros = np.zeros(classes)
    return Calibration(np.ones(classes), zeros, np.zeros((classes, 2, 2)), zeros, ("",) * classes)


def drawn(rng: np.random.Generator, images: int, centre: float = -2.0) -> tuple[np.ndarray, np.ndarray]:
    truth = centre + rng.normal(0, 2, (images, 1))
    return truth, rng.random(truth.shape) < expit(truth)


def decided(truth: np.ndarray, labels: np.ndarray, aim: str) -> Decision:
    scores = HeldOutScores(np.arange(len(truth)), truth.astype(np.float32), labels)
    return decide_thresholds(scores, plain(1), aims_by_class([aim], ["a"]), ["a"])[0]


def ranked(scores: np.ndarray, labels: np.ndarray) -> RankedScores:
    return RankedScores.of(scores.astype(np.float64), labels, np.ones(len(scores)))


@pytest.mark.parametrize("seed", range(5))
def test_thresholds_agree_with_those_of_the_study(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scores, labels = rng.integers(0, 40, 200) / 40 + 0.01, rng.random(200) < 0.2
    both = (labels[:, None], scores[:, None])
    steps = ranked(scores, labels)

    def tagged(threshold: float) -> list[bool]:
        return (scores > threshold).tolist()

    assert tagged(threshold_for(parse_aim("f2"), steps)) == tagged(float(tune_f_beta(*both)[0]))
    assert tagged(threshold_for(parse_aim("precision=0.4"), steps)) == tagged(
        float(tune_precision(*both, wanted=0.4)[0])
    )


def test_a_recall_is_reached_with_as_few_images_as_possible() -> None:
    scores, labels = np.array([0.9, 0.8, 0.6, 0.4, 0.2]), np.array([True, False, True, True, False])
    threshold = threshold_for(parse_aim("recall=0.6"), ranked(scores, labels))
    assert (scores > threshold).tolist() == [True, True, True, False, False]


def test_a_cost_is_a_probability() -> None:
    assert threshold_for(parse_aim("cost=9"), ranked(np.array([0.5]), np.array([True]))) == pytest.approx(0.1)


def test_nothing_is_tagged_where_a_precision_cannot_be_reached() -> None:
    assert threshold_for(parse_aim("precision=0.9"), ranked(np.array([0.9, 0.1]), np.array([False, True]))) == math.inf


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("recall=2", "out of range"), ("recal=0.9", "did you mean 'recall'"), ("precision", "expected recall=0.9"),
        ("top=1.5", "out of range"), ("recall=nan", "out of range"), ("cost=-1", "out of range"), ("", "expected"),
    ],
)  # fmt: skip
def test_aims_that_make_no_sense_are_refused(text: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        parse_aim(text)


def test_a_class_may_have_an_aim_of_its_own() -> None:
    aims = aims_by_class(["a:b:recall=0.9", "f1"], ["a:b", "c"])
    assert [str(aim) for aim in aims] == ["recall=0.9", "f1"]
    with pytest.raises(InputError, match="no class 'd'"):
        aims_by_class(["d:f1"], ["a", "c"])
    with pytest.raises(InputError, match="already has the aim"):
        aims_by_class(["f1", "f2"], ["a"])


@pytest.mark.parametrize(("aim", "rate"), [("precision=0.8", "precision"), ("recall=0.8", "recall"), ("f2", "recall")])
def test_what_is_expected_is_found_on_new_images(aim: str, rate: str) -> None:
    """Over many small studies the expected rate is, on average, that of a large new set."""
    expected, found = [], []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        decision = decided(*drawn(rng, 600), aim)
        truth, labels = drawn(rng, 20000)
        tagged = expit(truth) > decision.threshold
        if not tagged.any():
            continue
        hits = (tagged & labels).sum()
        expected.append(getattr(decision, rate))
        found.append(hits / (tagged.sum() if rate == "precision" else labels.sum()))
    assert len(found) > 30
    assert np.nanmean(expected) == pytest.approx(np.nanmean(found), abs=0.035)


def test_intervals_hold_the_found_recall_and_the_images_to_look_at() -> None:
    inside = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        decision = decided(*drawn(rng, 500), "f2")
        truth, _labels = drawn(rng, 2000)
        tagged = expit(truth) > decision.threshold
        low, high = decision.images_to_look_at(2000)[1]
        inside.append(low <= tagged.sum() <= high)
    assert np.mean(inside) >= 0.8  # nominal 0.95, less what the choice of the threshold adds


def test_intervals_of_the_images_to_look_at_hold_what_heads_differ_by() -> None:
    """Heads whose log odds are shifted against each other tag different numbers at one threshold."""
    inside: dict[bool, list[bool]] = {True: [], False: []}
    for seed in range(40):
        rng = np.random.default_rng(seed)
        head = np.repeat(np.arange(5), 200)
        shifts = rng.normal(0, 0.8, 6)  # of the heads of the study, and of another
        truth, labels = drawn(rng, 1000)
        scores = HeldOutScores(np.arange(1000), (truth + shifts[head][:, None]).astype(np.float32), labels, head)
        new = expit(drawn(rng, 2000)[0] + shifts[5])
        for known, held in inside.items():
            given = scores if known else replace(scores, head=None)
            (decision,) = decide_thresholds(given, plain(1), aims_by_class(["precision=0.5"], ["a"]), ["a"])
            low, high = decision.images_to_look_at(2000)[1]
            held.append(low <= (new > decision.threshold).sum() <= high)
    assert np.mean(inside[True]) >= 0.85
    assert np.mean(inside[False]) < 0.5


def test_intervals_of_the_rates_hold_what_heads_differ_by() -> None:
    """Of heads whose log odds are shifted, the recall and precision of another head are in the interval."""
    inside: dict[bool, list[list[bool]]] = {True: [], False: []}
    for seed in range(40):
        rng = np.random.default_rng(seed)
        head = np.repeat(np.arange(5), 400)
        shifts = rng.normal(0, 1.0, 6)  # of the heads of the study, and of another
        truth, labels = drawn(rng, 2000)
        scores = HeldOutScores(np.arange(2000), (truth + shifts[head][:, None]).astype(np.float32), labels, head)
        new, carried = drawn(rng, 50_000)
        tagged = expit(new + shifts[5])
        for known, held in inside.items():
            given = scores if known else replace(scores, head=None)
            (decision,) = decide_thresholds(given, plain(1), aims_by_class(["f2"], ["a"]), ["a"])
            hits = ((tagged > decision.threshold) & carried).sum()
            rates = (hits / carried.sum(), hits / (tagged > decision.threshold).sum())
            ends = (decision.recall_interval, decision.precision_interval)
            held.append([low <= rate <= high for rate, (low, high) in zip(rates, ends, strict=True)])
    assert np.mean(inside[True], axis=0).min() >= 0.85
    assert np.mean(inside[False], axis=0).max() < 0.6


def test_heads_that_differ_by_chance_alone_hardly_widen_the_interval(rng: np.random.Generator) -> None:
    truth, labels = drawn(rng, 4000)
    plainly = HeldOutScores(np.arange(4000), truth.astype(np.float32), labels)
    widths = []
    for scores in (plainly, replace(plainly, head=np.arange(4000) % 8)):
        (decision,) = decide_thresholds(scores, plain(1), aims_by_class(["cost=4"], ["a"]), ["a"])
        intervals = (decision.images_to_look_at(1000)[1], decision.recall_interval, decision.precision_interval)
        widths.append([high - low for low, high in intervals])
    for alone, compared in zip(*widths, strict=True):
        assert alone <= compared < 1.6 * alone


def test_precision_follows_the_prevalence(rng: np.random.Generator) -> None:
    truth, labels = drawn(rng, 5000)
    decision = decided(truth, labels, "f2")
    assert decision.at_prevalence(float(labels.mean())) == pytest.approx(decision.precision, abs=1e-6)
    assert decision.at_prevalence(0.01) < decision.precision < decision.at_prevalence(0.9)


def test_a_shift_of_the_prevalence_is_estimated(rng: np.random.Generator) -> None:
    """Images of each side are drawn anew as often as the new prevalence says; Saerens' estimate finds it."""
    truth, labels = drawn(rng, 40000, centre=-1.0)
    before = float(labels.mean())
    carriers, others = truth[labels[:, 0]], truth[~labels[:, 0]]
    counter = PrevalenceCounter(1)
    counter.add(carriers[rng.integers(0, len(carriers), 500)])
    counter.add(others[rng.integers(0, len(others), 9500)])
    now = counter.estimate(0, before)
    assert now.now == pytest.approx(0.05, abs=0.01)
    assert now.shifted
    same = PrevalenceCounter(1)
    same.add(drawn(rng, 4000, centre=-1.0)[0])
    assert not same.estimate(0, before).shifted
    assert same.estimate(0, before).now == pytest.approx(before, abs=0.03)


def test_images_unlike_the_training_ones_are_far(rng: np.random.Generator) -> None:
    basis = rng.normal(0, 1, (4, 30))
    vectors = (rng.normal(0, 1, (6000, 4)) @ basis).astype(np.float32)
    reference = Reference.of(vectors[:5000], standardise=True)
    assert reference.unlike(vectors[5000:]).mean() < 0.03
    assert reference.unlike(rng.normal(0, 3, (500, 30)).astype(np.float32)).mean() > 0.9
    small = Reference.of(vectors[:100], standardise=False)
    assert small.unlike(vectors[:100]).mean() == 0
    assert small.unlike(vectors[5000:]).mean() < 0.3


def test_images_of_unknown_labels_count_neither_for_nor_against(rng: np.random.Generator) -> None:
    """Scores of images whose label is not known change neither probabilities nor what is expected."""
    truth, labels = drawn(rng, 2000)
    some = np.arange(2000) < 1500
    truth, labels = np.repeat(truth, 2, axis=1), np.stack([labels[:, 0], labels[:, 0] & some], axis=1)
    known = np.stack([np.ones(2000, bool), some], axis=1)
    scores = HeldOutScores(np.arange(2000), truth.astype(np.float32), labels, np.arange(2000) % 5, known)
    alone = HeldOutScores(np.arange(1500), truth[:1500].astype(np.float32), labels[:1500], np.arange(1500) % 5)
    assert scores.prevalence[1] == pytest.approx(alone.prevalence[1])
    found, wanted = (calibrate(one, ("a", "b")) for one in (scores, alone))
    assert (found.slope[1], found.offset[1]) == pytest.approx((wanted.slope[1], wanted.offset[1]), abs=0.05)
    ignored = calibrate(replace(scores, known=None), ("a", "b"))
    assert ignored.offset[1] < wanted.offset[1] - 0.15
    for aim in ("recall=0.8", "precision=0.6"):
        of_known, of_alone, of_ignored = (
            decide_thresholds(one, plain(2), aims_by_class([aim], ["a", "b"]), ["a", "b"])[1]
            for one in (scores, alone, replace(scores, known=None))
        )
        assert of_known.threshold == pytest.approx(of_alone.threshold, abs=0.03)
        assert of_known.precision == pytest.approx(of_alone.precision, abs=0.02)
        assert of_ignored.precision < of_alone.precision or of_ignored.recall < of_alone.recall
