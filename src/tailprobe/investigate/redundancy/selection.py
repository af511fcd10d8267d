"""Orders in which the images of a class are kept: the first ones stay, the last ones go first.

A rule of selection is one function here, registered under its name: an order of the images of one class, or a score of
every training image, of which the highest stay.
"""

from collections.abc import Callable
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float, Int

from tailprobe.labels import Labels
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.selection.el2n import early_errors
from tailprobe.methods.selection.forgetting import forgetting_scores
from tailprobe.methods.selection.k_centre import farthest_first
from tailprobe.registry import Registry

Order = Callable[[Float[np.ndarray, "n D"], np.random.Generator], Int[np.ndarray, " n"]]

Score = Callable[[TrainingSet], Float[np.ndarray, " T"]]  # the highest stay

Orders = list[Int[np.ndarray, " _"]]  # of each class

SELECTIONS: Registry[Order] = Registry("selection")
SCORES: Registry[Score] = Registry("score of images")
RANDOM = "random"


@SELECTIONS.register(RANDOM)
def random_order(rows: Float[np.ndarray, "n D"], rng: np.random.Generator) -> Int[np.ndarray, " n"]:
    """Draw the order at random."""
    return rng.permutation(len(rows))


@SELECTIONS.register("k_centre")
def farthest_order(rows: Float[np.ndarray, "n D"], rng: np.random.Generator) -> Int[np.ndarray, " n"]:
    """Take the image farthest from all that are kept, again and again (Sener and Savarese, ICLR 2018)."""
    return farthest_first(rows, np.zeros(0, dtype=np.int64), len(rows), rng=rng)


@SELECTIONS.register("herding")
def herding_order(rows: Float[np.ndarray, "n D"], rng: np.random.Generator) -> Int[np.ndarray, " n"]:
    """Take the image that brings the mean of those kept closest to the class's mean, again and again.

    Source:
        Welling, Herding dynamical weights to learn, ICML 2009, as in Rebuffi et al., iCaRL, CVPR 2017, algorithm 4.
    """
    centred = rows - rows.mean(axis=0)
    squares = np.einsum("nd,nd->n", centred, centred)
    total, left, order = np.zeros(centred.shape[1], centred.dtype), np.ones(len(rows), dtype=bool), []
    for _ in range(len(rows)):
        distance = squares + 2 * (centred @ total)  # |total + row|^2 less what is the same for all rows
        distance[~left] = np.inf
        order.append(int(distance.argmin()))
        left[order[-1]] = False
        total = total + centred[order[-1]]
    return np.array(order, dtype=np.int64)


@SCORES.register("el2n")
def error_score(train: TrainingSet) -> Float[np.ndarray, " T"]:
    """Keep the images of the largest error early in training, as the method `el2n` does."""
    return early_errors(train)


@SCORES.register("forgetting")
def forgetting_score(train: TrainingSet) -> Float[np.ndarray, " T"]:
    """Keep the images that are forgotten most often in training, as the method `forgetting` does."""
    return forgetting_scores(train)


def selection_names() -> tuple[str, ...]:
    """Return the names of all selections, `random` first."""
    return (RANDOM, *(name for name in (*SELECTIONS.names(), *SCORES.names()) if name != RANDOM))


def class_orders(
    selection: str,
    matrix: Bool[np.ndarray, "T C"],
    rows: Float[np.ndarray, "T D"],
    rng: np.random.Generator,
) -> Orders:
    """Return for each class the places of its images, those that stay the longest first."""
    members = [np.flatnonzero(carried) for carried in matrix.T]
    if selection in SCORES.names():
        score = SCORES.get(selection)(_training_set(matrix, rows, rng))
        return [own[np.argsort(-score[own], kind="stable")] for own in members]
    choose = SELECTIONS.get(selection)
    return [own[choose(np.asarray(rows[own], np.float32), rng)] if len(own) else own for own in members]


def _training_set(
    matrix: Bool[np.ndarray, "T C"], rows: Float[np.ndarray, "T D"], rng: np.random.Generator
) -> TrainingSet:
    kind: Literal["single-label", "multi-label"] = "single-label" if (matrix.sum(axis=1) == 1).all() else "multi-label"
    labels = Labels(matrix, tuple(map(str, range(matrix.shape[1]))), kind)
    return TrainingSet(labels, np.zeros(matrix.shape[1], dtype=bool), rng, np.asarray(rows, np.float32))


def kept_rows(
    orders: Orders, matrix: Bool[np.ndarray, "T C"], thinned: Bool[np.ndarray, " C"], share: float
) -> Int[np.ndarray, " K"]:
    """Return the images that stay where every thinned class keeps a share of its images, at least one.

    An image of several classes stays if any of them keeps it, or if it carries one that is not thinned; so more than
    the share may stay. Images of no class stay.
    """
    kept = np.asarray(matrix[:, ~thinned].any(axis=1) | ~matrix.any(axis=1))
    for c in np.flatnonzero(thinned):
        kept[orders[c][: max(1, round(share * len(orders[c])))]] = True
    return np.flatnonzero(kept)
