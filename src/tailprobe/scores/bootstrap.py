"""Bootstrap of average precision, ROC AUC and F1: thousands of resamples of the images, all classes at once.

A resample gives image i the weight w_i, how often it was drawn. Sorted once, the images of a class are walked from the
highest score to the lowest for many resamples side by side, which a processor adds up in one instruction; a resample
costs as little as an addition a row. No resample is sorted and no weight is stored but those of the block at work.

Source:
    Efron, Annals of Statistics 1979. Weights in place of copied rows: Rubin's view of the bootstrap as a reweighting.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import ParamSpec, TypeVar, cast

import numba
import numpy as np
from jaxtyping import Bool, Float, Float64, Int, Int32, UInt8, UInt32

from tailprobe.errors import InputError
from tailprobe.scores.thresholds import decide

P = ParamSpec("P")
T = TypeVar("T")

_LANES = 64  # resamples side by side
_CARRIED, _GAINS, _BEFORE, _CHOSEN = (np.uint8(1 << bit) for bit in range(4))  # marks of an image in its class's order
# carries the class; ends a tie that has positives; ends a tie before such a one; is the last that is predicted


@dataclass(frozen=True, eq=False)
class Bootstrap:
    """R resamples of C classes; NaN where a resample has no positive, for ROC AUC also where it has no negative."""

    average_precision: Float[np.ndarray, "R C"]
    roc_auc: Float[np.ndarray, "R C"]
    f1: Float[np.ndarray, "R C"]


def bootstrap(
    labels: Bool[np.ndarray, "N C"],
    scores: Float[np.ndarray, "N C"],
    *,
    thresholds: Float[np.ndarray, " C"],
    resamples: int = 10_000,
    rng: np.random.Generator,
) -> Bootstrap:
    """Score resamples of N images, drawn with replacement; the same resample serves every class.

    Args:
        scores: (N, C), higher is more likely.
        thresholds: (C,), an image is predicted where its score is above; for F1, of which NaN gives NaN.

    Returns:
        What `average_precision`, `roc_auc` and `f1` give for the drawn images, ties exact, as float64.

    Raises:
        InputError: there are no images, fewer than one resample, or a score is not finite.

    >>> labels, scores = np.array([[True], [False], [True]]), np.array([[0.9], [0.4], [0.3]])
    >>> drawn = bootstrap(labels, scores, thresholds=np.array([0.5]), resamples=200, rng=np.random.default_rng(0))
    >>> drawn.average_precision.shape, bool(np.nanmax(drawn.f1) <= 1)
    ((200, 1), True)
    """
    if len(labels) == 0 or resamples < 1:
        raise InputError(f"expected images and resamples, got {len(labels)} and {resamples}")
    if not np.isfinite(scores).all():
        raise InputError("expected finite scores; a head that diverged gives others, a lower learning rate may mend it")
    order, marks = _sort(labels, scores, decide(scores, thresholds))
    found = np.empty((3, resamples, labels.shape[1]))
    for first in range(0, resamples, _LANES):
        block = _score(order, marks, _draw(len(labels), rng))
        found[:, first : first + _LANES] = block[:, : resamples - first]
    found[2][:, np.isnan(thresholds)] = np.nan
    return Bootstrap(*found)


def score_weights(
    labels: Bool[np.ndarray, "N C"],
    scores: Float[np.ndarray, "N C"],
    weights: UInt8[np.ndarray, "N L"],
    *,
    thresholds: Float[np.ndarray, " C"],
) -> Float64[np.ndarray, "3 L C"]:
    """Return average precision, ROC AUC and F1 of images weighed in 64 ways.

    Args:
        weights: (N, 64), how often each image counts.
    """
    return _score(*_sort(labels, scores, decide(scores, thresholds)), weights)


def _sort(
    labels: Bool[np.ndarray, "N C"], scores: Float[np.ndarray, "N C"], decisions: Bool[np.ndarray, "N C"]
) -> tuple[Int[np.ndarray, "C N"], UInt8[np.ndarray, "C N"]]:
    """Return each class's images from the highest score down, and the marks of what happens at each."""
    order = np.argsort(-scores.T, axis=1, kind="stable")
    ranked = np.take_along_axis(scores.T, order, axis=1)
    carried = np.take_along_axis(labels.T, order, axis=1)
    last = np.ones(ranked.shape, dtype=bool)  # of a tie
    last[:, :-1] = ranked[:, 1:] != ranked[:, :-1]
    hits = np.cumsum(carried, axis=1)
    marks = carried.astype(np.uint8) * _CARRIED
    for c in range(len(marks)):
        ends = np.flatnonzero(last[c])
        gains = np.diff(hits[c, ends], prepend=0) > 0
        marks[c, ends[gains]] |= _GAINS
        marks[c, ends[:-1][gains[1:]]] |= _BEFORE
        chosen = int(np.count_nonzero(decisions[:, c]))
        if chosen:
            marks[c, chosen - 1] |= _CHOSEN
    return order.astype(np.int32), marks


def _draw(images: int, rng: np.random.Generator) -> UInt8[np.ndarray, "N L"]:
    """Return how often each image is drawn in each of the block's resamples."""
    bits = rng.integers(0, 2**32, size=(_LANES, images), dtype=np.uint32)
    return np.ascontiguousarray(_count(bits).T)


def _score(
    order: Int32[np.ndarray, "C N"], marks: UInt8[np.ndarray, "C N"], weights: UInt8[np.ndarray, "N L"]
) -> Float64[np.ndarray, "3 L C"]:
    found = np.empty((3, _LANES, len(order)))
    for c in range(len(order)):
        found[:, :, c] = _walk(order[c], marks[c], weights)
    return found


def _compiled(function: Callable[P, T]) -> Callable[P, T]:
    # What checks types at run time wraps functions before this sees them; numba compiles the plain one.
    return cast(Callable[P, T], numba.njit(nogil=True, cache=True, error_model="numpy")(inspect.unwrap(function)))


@_compiled
def _count(bits: UInt32[np.ndarray, "L N"]) -> UInt8[np.ndarray, "L N"]:
    """Turn random bits into drawn images, and count how often each is."""
    lanes, images = bits.shape
    weights = np.zeros((lanes, images), dtype=np.uint8)
    for lane in range(lanes):
        mine = weights[lane]
        for i in range(images):
            # N times 32 bits, the upper half kept: uniform but for N / 2^32, and without a division.
            mine[(np.uint64(bits[lane, i]) * np.uint64(images)) >> np.uint64(32)] += np.uint8(1)
    return weights


@_compiled
def _walk(  # noqa: PLR0912  (one pass, inlined for the compiler)
    order: Int32[np.ndarray, " N"], marks: UInt8[np.ndarray, " N"], weights: UInt8[np.ndarray, "N L"]
) -> Float64[np.ndarray, "3 L"]:
    """Walk down one class; `order` are its images from the highest score, `marks` what happens at each."""
    # Images and positives down to here, to the end of the tie above, and to the threshold; each (L,).
    drawn, hits, above = np.zeros(_LANES, np.int32), np.zeros(_LANES, np.int32), np.zeros(_LANES, np.int32)
    hits_above, chosen, right = np.zeros(_LANES, np.int32), np.zeros(_LANES, np.int32), np.zeros(_LANES, np.int32)
    precision = np.zeros(_LANES)  # positives times precision
    lost = np.zeros(_LANES)  # twice the pairs of a negative and a positive below it
    for i in range(len(order)):
        w, mark = weights[order[i]], marks[i]
        for k in range(_LANES):
            drawn[k] += w[k]
        if mark == 0:
            continue
        if mark & _CARRIED:
            for k in range(_LANES):
                hits[k] += w[k]
        if mark & _GAINS:
            for k in range(_LANES):
                gained = np.float64(hits[k] - hits_above[k])
                precision[k] += gained * (np.float64(hits[k]) / np.float64(max(drawn[k], 1)))
                # A positive loses to the negatives above its tie, and half to those in it.
                lost[k] += gained * np.float64((above[k] - hits_above[k]) + (drawn[k] - hits[k]))
                hits_above[k] = hits[k]
        if mark & _BEFORE:
            for k in range(_LANES):
                above[k] = drawn[k]
        if mark & _CHOSEN:
            for k in range(_LANES):
                right[k], chosen[k] = hits[k], drawn[k]
    found = np.full((3, _LANES), np.nan)
    for k in range(_LANES):
        positives, negatives = np.float64(hits[k]), np.float64(drawn[k] - hits[k])
        if positives > 0:
            found[0, k] = precision[k] / positives
            found[2, k] = 2 * right[k] / (chosen[k] + positives)
            if negatives > 0:
                found[1, k] = 1 - lost[k] / (2 * positives * negatives)
    return found
