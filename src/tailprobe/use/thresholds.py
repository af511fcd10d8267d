"""The threshold of one class that an aim asks for, from its held-out probabilities.

An image is tagged where its probability is above the threshold.
"""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64

from tailprobe.use.aims import Aim


@dataclass(frozen=True, eq=False)
class RankedScores:
    """The distinct probabilities of a class from the highest down, with what lies at each or above, in images."""

    score: Float64[np.ndarray, " G"]
    hits: Float64[np.ndarray, " G"]  # carry the class
    tagged: Float64[np.ndarray, " G"]
    positives: float
    images: float

    @classmethod
    def of(
        cls, scores: Float64[np.ndarray, " R"], labels: Bool[np.ndarray, " R"], weight: Float64[np.ndarray, " R"]
    ) -> "RankedScores":
        """Rank R scorings, each of which counts as `weight` of an image."""
        order = np.argsort(-scores, kind="stable")
        falling, carried, counted = scores[order], labels[order], weight[order]
        last = np.flatnonzero(np.append(falling[1:] != falling[:-1], len(falling) > 0))
        hits, tagged = np.cumsum(counted * carried)[last], np.cumsum(counted)[last]
        return cls(falling[last], hits, tagged, float((counted * carried).sum()), float(counted.sum()))

    def below(self, place: int) -> float:
        """Return the threshold half-way between a place and the next lower one."""
        lower = self.score[place + 1] if place + 1 < len(self.score) else 0.0
        middle = lower + (self.score[place] - lower) / 2
        return float(middle if middle < self.score[place] else lower)


def threshold_for(aim: Aim, ranked: RankedScores, *, target: float | None = None) -> float:
    """Return the threshold that reaches an aim on these scores; infinity where none does.

    With `cost=c`, a missed positive costing c false alarms, it is 1 / (1 + c), which is best for probabilities.

    Args:
        target: the recall or precision to reach instead of the aim's own.

    Raises:
        ValueError: the aim is `top`, which depends on the new images alone.
    """
    if aim.kind == "top":
        raise ValueError("the threshold of top=N is that of the N-th highest score of the new images")
    if aim.kind == "cost":
        return 1 / (1 + aim.value)
    if not ranked.positives or not len(ranked.score):
        return math.inf
    wanted = aim.value if target is None else target
    if aim.kind == "recall":
        return ranked.below(int(np.argmax(ranked.hits >= wanted * ranked.positives - 1e-9)))
    if aim.kind == "precision":
        reached = np.flatnonzero(ranked.hits >= wanted * ranked.tagged - 1e-9)
        return ranked.below(int(reached[-1])) if len(reached) else math.inf
    beta = aim.value**2
    return ranked.below(int(np.argmax((1 + beta) * ranked.hits / (ranked.tagged + beta * ranked.positives))))
