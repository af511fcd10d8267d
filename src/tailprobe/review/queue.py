r"""The order in which images are looked at for a class: likely, undecided and different from one another.

With p_i the calibrated probability that image i carries the class, the next image is the one that maximises

    score * log p_i  +  uncertainty * log 4 p_i (1 - p_i)  +  diversity * log d_i

where d_i is the distance of image i to the nearest image that is queued before it. A sum of logs is a product of
powers, so that only the proportions of the three weights matter; diversity alone is the greedy k-centre
(farthest-first) selection, score alone the ranking by probability, uncertainty alone the ranking by closeness to 1/2.

Sources: Lewis and Gale, SIGIR 1994 (uncertainty); Sener and Savarese, ICLR 2018 (k-centre); the weighting of a
k-centre by a quality is that of the quality-diversity decomposition of Kulesza and Taskar, Foundations and Trends
2012, section 3.1, taken greedily. Which weights serve best is measured: `python -m benchmarks.review`.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float32, Float64, Int

from tailprobe.errors import InputError

POOL = 2000  # images of the highest value, among which diversity chooses
_LEAST = 1e-6  # of a probability and of a distance: their logs stay finite


@dataclass(frozen=True)
class Mix:
    """How much score, uncertainty and diversity count, each relative to the others.

    Raises:
        InputError: a weight is negative, or none is above 0.
    """

    score: float
    uncertainty: float
    diversity: float

    def __post_init__(self) -> None:
        weights = (self.score, self.uncertainty, self.diversity)
        if not all(0 <= weight < np.inf for weight in weights) or not any(weights):
            raise InputError(f"weights of a queue are {weights}; expected numbers from 0 up, one of them above 0")


DEFAULT_MIX = Mix(score=1.0, uncertainty=0.0, diversity=0.5)


def rank_images(
    probabilities: Float[np.ndarray, " N"],
    vectors: Float[np.ndarray, "N D"],
    *,
    size: int,
    mix: Mix = DEFAULT_MIX,
    seen: Bool[np.ndarray, " N"] | None = None,
) -> Int[np.ndarray, " K"]:
    """Return the rows of at most `size` images in the order in which to look at them.

    Args:
        probabilities: that an image carries the class; NaN leaves it out.
        vectors: the images' embeddings, which may be memory-mapped; only those of `POOL` images are read.
        seen: images that were looked at before: they are not queued again, and others keep their distance from them.

    >>> vectors = np.array([[1.0, 0.0], [1.0, 0.01], [0.0, 1.0], [-1.0, 0.0]])
    >>> rank_images(np.array([0.9, 0.89, 0.5, 0.1]), vectors, size=3, mix=Mix(1, 0, 1)).tolist()
    [0, 2, 3]
    """
    value = image_values(probabilities, mix)
    value[np.zeros(len(value), dtype=bool) if seen is None else seen] = -np.inf
    order = np.argsort(-value, kind="stable")
    order = order[np.isfinite(value[order])]
    if mix.diversity == 0:
        return order[:size]
    pool = order[:POOL]
    before = np.flatnonzero(seen)[:POOL] if seen is not None else np.zeros(0, dtype=np.int64)
    unit = unit_rows(vectors[np.concatenate([pool, before])])
    chosen = _greedy(value[pool], unit[: len(pool)], unit[len(pool) :], size=size, diversity=mix.diversity)
    return pool[chosen]


def image_values(probabilities: Float[np.ndarray, " N"], mix: Mix) -> Float64[np.ndarray, " N"]:
    """Return (N,) what score and uncertainty make of each image; -inf if there is no probability."""
    p = np.clip(np.asarray(probabilities, np.float64), _LEAST, 1 - _LEAST)
    value = mix.score * np.log(p) + mix.uncertainty * np.log(4 * p * (1 - p))
    return np.where(np.isnan(p), -np.inf, value)


def unit_rows(vectors: Float[np.ndarray, "N D"]) -> Float32[np.ndarray, "N D"]:
    """Return rows about their mean and of length 1, so that distances depend only on direction; zeros stay zeros."""
    rows = np.asarray(vectors, np.float32)
    rows = rows - rows.mean(axis=0)
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: Float32[np.ndarray, "N D"] = rows / np.where(length > 0, length, 1)
    return unit


def _greedy(
    value: Float64[np.ndarray, " P"],
    unit: Float32[np.ndarray, "P D"],
    before: Float32[np.ndarray, "B D"],
    *,
    size: int,
    diversity: float,
) -> Int[np.ndarray, " K"]:
    """Choose one image after the other, each the best of those left; `before` counts as chosen."""
    nearest = _distances(unit, before).min(axis=1) if len(before) else np.full(len(unit), 2.0)
    left, chosen = value.copy(), np.empty(min(size, len(value)), dtype=np.int64)
    for place in range(len(chosen)):
        best = int(np.argmax(left + diversity * np.log(np.maximum(nearest, _LEAST))))
        chosen[place], left[best] = best, -np.inf
        nearest = np.minimum(nearest, _distances(unit, unit[best : best + 1])[:, 0])
    return chosen


def _distances(rows: Float32[np.ndarray, "P D"], others: Float32[np.ndarray, "B D"]) -> Float32[np.ndarray, "P B"]:
    """Return distances between rows of length 1: 0 to 2."""
    return np.sqrt(np.maximum(2 - 2 * rows @ others.T, 0))
