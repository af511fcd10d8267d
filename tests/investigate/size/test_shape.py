"""Jumps, steady growth and flat curves are told apart; noise is not called any of them."""

import numpy as np
import pytest

from tailprobe.comparison.joint import JointSample, without_influences
from tailprobe.investigate.size.shape import classify_shape

STEPS = np.array([1, 2, 4, 8, 16, 32, 64])
STEADY = np.array([0.3, 0.4, 0.5, 0.6, 0.68, 0.75, 0.8])
JUMP = np.array([0.2, 0.21, 0.22, 0.23, 0.7, 0.72, 0.73])
FLAT = np.full(7, 0.8)


def sample(mean: np.ndarray, noise: float, *, seed: int = 0) -> JointSample:
    rng = np.random.default_rng(seed)
    return without_influences(mean + noise * rng.standard_normal((10, len(mean))))


@pytest.mark.parametrize(("mean", "shape"), [(STEADY, "steady"), (JUMP, "jump"), (FLAT, "flat")])
def test_a_clear_shape_is_told(mean: np.ndarray, shape: str) -> None:
    verdict = classify_shape(STEPS, sample(mean, 0.01), margin=0.02)
    assert verdict.shape == shape
    assert verdict.at == (16 if shape == "jump" else None)
    assert verdict.gain_low <= mean[-1] - mean[0] <= verdict.gain_high


def test_noise_leaves_it_open() -> None:
    assert classify_shape(STEPS, sample(STEADY, 0.4), margin=0.02).shape == "open"


def test_few_steps_leave_it_open() -> None:
    assert classify_shape(STEPS[:4], sample(JUMP[1:5], 0.01), margin=0.02).shape == "open"


def test_a_jump_is_hardly_ever_found_in_steady_growth() -> None:
    found = [classify_shape(STEPS, sample(STEADY, 0.1, seed=seed), margin=0.02).shape for seed in range(60)]
    assert found.count("jump") <= 2
