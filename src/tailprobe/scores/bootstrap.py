"""Bootstrap of average precision, ROC AUC and F1: thousands of resamples of the images, all classes at once.

A resample gives image i the weight w_i, how often it was drawn. Sorted once, the images of a class are walked from the
highest score to the lowest for many resamples side by side, which a processor adds up in one instruction; a resample
costs as little as an addition a row. No resample is sorted and no weight is stored but those of the block at work.

Source:
    Efron, Annals of Statistics 1979. Weights in place of copied rows: Rubin's view of the bootstrap as a reweighting.
"""

from dataclasses import dataclass

import numba
import numpy as np
from jaxtyping import Bool, Float, Int, UInt8

from tailprobe.errors import InputError
from tailprobe.scores.thresholds import decide

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
    sorted_images = _sort(labels, scores, decide(scores, thresholds))
    found = np.empty((3, resamples, labels.shape[1]))
    for first in range(0, resamples, _LANES):
        weights = _draw(len(labels), rng)
        block = score_weights(*sorted_images, weights)
        found[:, first : first + _LANES] = block[:, : resamples - first]
    found[2][:, np.isnan(thresholds)] = np.nan
    return Bootstrap(*found)


def _draw(images: int, rng: np.random.Generator) -> UInt8[np.ndarray, "N L"]:
    """Return how often each image is drawn in each of the block's resamples."""
    # Multiplying 32 random bits by N and keeping the upper half is uniform but for N / 2^32, and takes no division.
    bits = rng.integers(0, 2**32, size=(_LANES, images), dtype=np.uint32)
    return np.ascontiguousarray(_count(bits).T)


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


@numba.njit(nogil=True, cache=True)
def _count(bits):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Return how often each of N images is drawn, (L, N) uint8, from random bits, (L, N) uint32."""
    lanes, images = bits.shape
    weights = np.zeros((lanes, images), dtype=np.uint8)
    for lane in range(lanes):
        mine = weights[lane]
        for i in range(images):
            mine[(np.uint64(bits[lane, i]) * np.uint64(images)) >> np.uint64(32)] += np.uint8(1)
    return weights


@numba.njit(nogil=True, cache=True, error_model="numpy")
def score_weights(order, marks, weights):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201, PLR0912
    """Return average precision, ROC AUC and F1, (3, L, C), of images weighed L times over.

    Args:
        order: (C, N) int32, each class's images from the highest score down.
        marks: (C, N) uint8, in that order: `_CARRIED` and the others, added.
        weights: (N, L) uint8.
    """
    classes, images = order.shape
    lanes = _LANES  # a constant, for the compiler
    found = np.empty((3, lanes, classes))
    # Images and positives down to here, to the end of the tie above, and to the threshold; each (L,).
    drawn, hits, above = np.empty(lanes, np.int32), np.empty(lanes, np.int32), np.empty(lanes, np.int32)
    hits_above, chosen, found_there = np.empty(lanes, np.int32), np.empty(lanes, np.int32), np.empty(lanes, np.int32)
    precision = np.empty(lanes)  # positives times precision
    lost = np.empty(lanes)  # twice the pairs of a negative and a positive below it
    for c in range(classes):
        for state in (drawn, hits, above, hits_above, chosen, found_there):
            state[:] = 0
        precision[:] = 0
        lost[:] = 0
        for i in range(images):
            w = weights[order[c, i]]
            mark = marks[c, i]
            for k in range(lanes):
                drawn[k] += w[k]
            if mark == 0:
                continue
            if mark & _CARRIED:
                for k in range(lanes):
                    hits[k] += w[k]
            if mark & _GAINS:
                for k in range(lanes):
                    gained = np.float64(hits[k] - hits_above[k])
                    precision[k] += gained * (np.float64(hits[k]) / np.float64(max(drawn[k], 1)))
                    # A positive loses to the negatives above its tie, and half to those in it.
                    lost[k] += gained * np.float64((above[k] - hits_above[k]) + (drawn[k] - hits[k]))
                    hits_above[k] = hits[k]
            if mark & _BEFORE:
                for k in range(lanes):
                    above[k] = drawn[k]
            if mark & _CHOSEN:
                for k in range(lanes):
                    found_there[k] = hits[k]
                    chosen[k] = drawn[k]
        for k in range(lanes):
            positives, negatives = np.float64(hits[k]), np.float64(drawn[k] - hits[k])
            found[0, k, c] = precision[k] / positives if positives > 0 else np.nan
            found[1, k, c] = 1 - lost[k] / (2 * positives * negatives) if positives * negatives > 0 else np.nan
            found[2, k, c] = 2 * found_there[k] / (chosen[k] + positives) if positives > 0 else np.nan
    return found
