"""Learning curves whose truth is known."""

import numpy as np
import pytest

from tailprobe.investigate.size.curve import LearningCurve, fit_curve
from tailprobe.investigate.size.target import REACH, images_needed

STEPS = np.array([1, 2, 4, 8, 16, 32, 64])


def power_law(n: np.ndarray, asymptote: float, drop: float, rate: float) -> np.ndarray:
    return np.asarray(asymptote - drop * n.astype(float) ** -rate)


@pytest.mark.parametrize(("asymptote", "drop", "rate"), [(0.9, 0.7, 0.5), (0.6, 0.5, 1.0), (0.95, 0.6, 0.3)])
def test_the_interval_holds_the_curve_beyond_the_images_there_are(asymptote: float, drop: float, rate: float) -> None:
    curve = fit_curve(STEPS, power_law(STEPS, asymptote, drop, rate), np.eye(7) * 0.005**2)
    ahead = np.array([128, 512])
    _, low, high = curve.interval(ahead)
    truth = power_law(ahead, asymptote, drop, rate)
    assert (low <= truth).all()
    assert (truth <= high).all()
    assert high[0] - low[0] < 0.12, "precise steps give a short way ahead a narrow interval"
    assert high[1] - low[1] > high[0] - low[0], "further ahead is less certain"


def test_noisy_steps_give_wide_intervals() -> None:
    mean = power_law(STEPS, 0.9, 0.7, 0.5)
    exact, noisy = (fit_curve(STEPS, mean, np.eye(7) * error**2).interval(np.array([256])) for error in (0.005, 0.1))
    assert noisy[2][0] - noisy[1][0] > 2 * (exact[2][0] - exact[1][0])


def test_a_slow_start_is_fitted() -> None:
    n = np.array([1, 2, 4, 8, 16, 32, 64, 128])
    mean = 0.9 - 0.8 * (30 / (30 + n))
    middle, _, _ = fit_curve(n, mean, np.eye(8) * 0.003**2).interval(n)
    assert np.abs(middle - mean).max() < 0.02


def test_the_images_needed_are_where_the_curve_reaches_the_value() -> None:
    one = np.ones(50)
    curve = LearningCurve(100, 0.9 * one, 0.8 * one, one, 0 * one, 0 * one, 0 * one)  # 0.9 - 0.1 (100 / n)
    needed = images_needed(curve, 0.85)
    assert needed.median == pytest.approx(200, rel=0.03)
    assert (needed.reached, needed.ever) == (0, 1)
    assert images_needed(curve, 0.95).median == np.inf
    assert images_needed(curve, 0.79).reached == 1
    assert needed.high < REACH * 100
