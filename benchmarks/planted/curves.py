"""`size` and `budget` on simulated scores of known shape."""

from collections import Counter
from collections.abc import Iterator

import numpy as np
from jaxtyping import Float

from benchmarks.planted.shares import shares
from tailprobe.comparison.joint import JointSample, without_influences
from tailprobe.groups import ALL
from tailprobe.investigate.budget.answer import Effect
from tailprobe.investigate.joint_estimate import estimate_contrasts_jointly
from tailprobe.investigate.size.shape import classify_shape
from tailprobe.randomness import generator

SEEDS = 10
MARGIN = 0.02
STEPS = np.array([1, 2, 4, 8, 16, 32, 64])
NOISE = 0.04  # of a seed's score
STEADY = 0.9 - 0.6 * STEPS**-0.4


def size_lines(studies: int) -> Iterator[str]:
    """Yield how often each shape is told of curves of known shape."""
    jumps = {f"a jump of {size:g}": np.where(STEPS >= 16, 0.3 + size, 0.3) for size in (0.1, 0.3)}
    for name, mean in {**jumps, "a power law": STEADY, "a flat line": np.full(7, 0.8)}.items():
        told = Counter(
            classify_shape(STEPS, _noisy(mean, NOISE, "size", name, study), margin=MARGIN).shape
            for study in range(studies)
        )
        yield f"size, {name}, {studies} studies of {SEEDS} seeds: {shares(told, studies)}"


def budget_lines(studies: int) -> Iterator[str]:
    """Yield how often a change is told of effects whose change is known."""
    known = {"a gain that fades": [0.1, 0.05, 0.0], "a gain that stays": [0.1] * 3, "no effect": [0.0] * 3}
    for name, mean in known.items():
        told = Counter(_effect(_noisy(np.array(mean), NOISE, "budget", name, s)).verdict for s in range(studies))
        yield f"budget, {name}, {studies} studies of {SEEDS} seeds: {shares(told, studies)}"


def _noisy(mean: Float[np.ndarray, " K"], noise: float, what: str, name: str, study: int) -> JointSample:
    drawn = generator(study, what, name).standard_normal((SEEDS, len(mean)))
    return without_influences(mean + noise * drawn)


def _effect(sample: JointSample) -> Effect:
    change = np.array([[-1.0, 0.0, 1.0]])
    together = estimate_contrasts_jointly(sample, np.eye(3)), estimate_contrasts_jointly(sample, change)
    return Effect("method", 0.0, ALL, np.zeros(3), *together)
