"""The threshold of a class for an aim, from its held-out probabilities.

An image is tagged where its probability is above the threshold.
"""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64

from tailprobe.use.aims import Aim


@dataclass(frozen=True, eq=False)
class RankedScores:
    """The G distinct probabilities of a class, descending, with the numbers of images at or above each."""

    score: Float64[np.ndarray, " G"]
    hits: Float64[np.ndarray, " G"]  # true positives
    tagged: Float64[np.ndarray, " G"]  # predicted positives
    positives: float  # number of images that carry the class
    images: float

    @classmethod
    def of(
        cls, scores: Float64[np.ndarray, " R"], labels: Bool[np.ndarray, " R"], weight: Float64[np.ndarray, " R"]
    ) -> "RankedScores":
        """Rank R scorings, each of which counts as `weight` images."""
        order = np.argsort(-scores, kind="stable")
        falling, carried, counted = scores[order], labels[order], weight[order]
        last = np.flatnonzero(np.append(falling[1:] != falling[:-1], len(falling) > 0))
        hits, tagged = np.cumsum(counted * carried)[last], np.cumsum(counted)[last]
        return cls(falling[last], hits, tagged, float((counted * carried).sum()), float(counted.sum()))

    def below(self, place: int) -> float:
        """Return the threshold halfway between the score at index `place` and the next lower score."""
        lower = self.score[place + 1] if place + 1 < len(self.score) else 0.0
        middle = lower + (self.score[place] - lower) / 2
        return float(middle if middle < self.score[place] else lower)


def threshold_for(aim: Aim, ranked: RankedScores, *, target: float | None = None) -> float:
    """Return the threshold that reaches an aim on these scores; infinity if none does.

    `recall`: the highest threshold with at least this recall. `precision`: the lowest with at least this precision.
    `f`: the one with the largest F-beta score. `cost=c`, where a missed positive costs as much as c false alarms: 1 /
    (1 + c), which minimises the expected cost if the probabilities are calibrated (Elkan, IJCAI 2001, eq. 2).

    Args:
        aim: any but `top`.
        ranked: the held-out scores.
        target: the recall or precision to reach instead of the aim's.

    Raises:
        ValueError: the aim is `top`, which depends only on the new images.
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
