"""Probabilities from held-out scores: right where they can be, doubted where they cannot."""

import numpy as np
import pytest
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from tailprobe.use.calibration import calibrate
from tailprobe.use.held_out import HeldOutScores, _grouped
from tailprobe.use.log_odds import log_odds


def scores_of(log_odds: np.ndarray, labels: np.ndarray, image: np.ndarray | None = None) -> HeldOutScores:
    rows = np.arange(len(labels)) if image is None else image
    return HeldOutScores(rows, log_odds.astype(np.float32), labels)


def simulated(rng: np.random.Generator, images: int, prevalence: tuple[float, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return true log odds and labels drawn from them."""
    centre = np.log(np.array(prevalence)) - np.log1p(-np.array(prevalence))
    truth = centre + rng.normal(0, 2, (images, len(prevalence)))
    return truth, rng.random(truth.shape) < expit(truth)


def test_slope_and_offset_that_distort_the_truth_are_found(rng: np.random.Generator) -> None:
    truth, labels = simulated(rng, 20000, (0.3, 0.1))
    found = calibrate(scores_of((truth - 1.5) / 0.5, labels), ("a", "b"))
    np.testing.assert_allclose(found.slope, [0.5, 0.5], atol=0.03)
    np.testing.assert_allclose(found.offset, [1.5, 1.5], atol=0.1)
    assert found.trusted.all()


def test_a_shift_of_the_priors_is_undone(rng: np.random.Generator) -> None:
    """As weights, resampling or logit adjustment shift a rare class's logits."""
    truth, labels = simulated(rng, 5000, (0.2, 0.02))
    found = calibrate(scores_of(truth + np.array([0.0, 3.0]), labels), ("a", "rare"))
    mean = found.probabilities(truth + np.array([0.0, 3.0])).mean(axis=0)
    np.testing.assert_allclose(mean, labels.mean(axis=0), rtol=0.03)


def test_a_class_alone_with_many_images_agrees_with_scikit_learn(rng: np.random.Generator) -> None:
    truth, labels = simulated(rng, 20000, (0.4,))
    found = calibrate(scores_of(2 * truth + 1, labels), ("a",))
    other = LogisticRegression(C=np.inf).fit((2 * truth + 1).astype(np.float32), labels[:, 0])
    # The targets of Platt's, and the only class's own slope as the common one.
    np.testing.assert_allclose([found.slope[0], found.offset[0]], [other.coef_[0, 0], other.intercept_[0]], atol=2e-3)


def test_the_slope_of_a_class_with_few_images_is_drawn_to_the_common_one(rng: np.random.Generator) -> None:
    prevalence = (0.3, 0.3, 0.3, 0.3, 0.001)
    truth, labels = simulated(rng, 4000, prevalence)
    labels[:, 4] = False
    labels[np.argsort(-truth[:, 4])[:3], 4] = True  # three, perfectly told apart: alone its slope would be large
    found = calibrate(scores_of(truth, labels), tuple("abcde"))
    assert abs(found.slope[4] - found.slope[:4].mean()) < 0.3
    assert found.reasons[4] == "only 3 held-out images carry it"
    assert found.reasons[:4] == ("", "", "", "")


def test_scores_that_say_nothing_are_not_trusted_and_keep_their_order(rng: np.random.Generator) -> None:
    truth, labels = simulated(rng, 400, (0.3, 0.2))
    values = truth.copy()
    values[:, 1] = -truth[:, 1]
    found = calibrate(scores_of(values, labels), ("a", "b"))
    assert "do not separate" in found.reasons[1]
    assert found.slope[1] > 0


def test_a_class_that_nobody_carries_has_finite_probabilities(rng: np.random.Generator) -> None:
    truth, labels = simulated(rng, 300, (0.3, 0.2))
    labels[:, 1] = False
    found = calibrate(scores_of(truth, labels), ("a", "b"))
    assert np.isfinite(found.probabilities(truth)).all()
    assert found.probabilities(truth)[:, 1].mean() < 0.02


def test_scorings_of_one_image_count_once(rng: np.random.Generator) -> None:
    truth, labels = simulated(rng, 500, (0.3, 0.2))
    once = calibrate(scores_of(truth, labels), ("a", "b"))
    image = np.repeat(np.arange(500), 4)
    often = calibrate(scores_of(np.repeat(truth, 4, axis=0), np.repeat(labels, 4, axis=0), image), ("a", "b"))
    np.testing.assert_allclose(often.slope, once.slope, rtol=1e-5)
    np.testing.assert_allclose(often.covariance, once.covariance, rtol=1e-4)


def test_the_spread_between_heads_makes_log_odds_uncertain(rng: np.random.Generator) -> None:
    truth, labels = simulated(rng, 3000, (0.3,))
    image = np.repeat(np.arange(3000), 2)
    noisy = np.repeat(truth, 2, axis=0) + rng.normal(0, 0.7, (6000, 1))
    found = calibrate(scores_of(noisy, np.repeat(labels, 2, axis=0), image), ("a",))
    np.testing.assert_allclose(found.head_deviation, 0.7 * found.slope, rtol=0.05)
    assert (found.deviation(truth) >= found.head_deviation).all()


def test_softmax_log_odds_agree_with_the_probabilities(rng: np.random.Generator) -> None:
    logits = rng.normal(0, 5, (200, 6))
    p = np.exp(logits - np.logaddexp.reduce(logits, axis=1, keepdims=True))
    np.testing.assert_allclose(expit(log_odds(logits, "softmax")), p, rtol=1e-9)
    assert log_odds(np.array([[40.0, 0.0, -5.0]]), "softmax")[0, 0] == pytest.approx(40 - np.log1p(np.exp(-5.0)))


def test_scores_of_an_ensemble_are_averaged_as_the_ensemble_averages(rng: np.random.Generator) -> None:
    image = np.array([1, 0, 1, 0, 0, 1, 0, 2])
    values = rng.normal(0, 1, (8, 2))
    rows, found, head = _grouped(image, values, np.arange(8), 2)
    assert rows.tolist() == [0, 0, 1, 2]  # image 1's third score and no partner is left out; image 2 has one alone
    first = expit(values[[1, 3]]).mean(axis=0)
    np.testing.assert_allclose(expit(found[0]), first)
    np.testing.assert_allclose(found[3], values[7])
    assert head.tolist() == [1, 4, 0, 7]  # the first of each average
