"""Five stratified folds of single-label collections, dealt class by class, independent of tailprobe's own splitting."""

from collections.abc import Iterator
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Int

from benchmarks.power.population import Collection
from tailprobe.splits import plan_splits

Design = Literal["independent", "rotated"]
FOLDS = 5


class Parts(NamedTuple):
    """The rows of one seed's parts."""

    train: Int[np.ndarray, " R"]
    validation: Int[np.ndarray, " V"]
    test: Int[np.ndarray, " T"]


def splits(
    collection: Collection, seeds: int, design: Design, rng: np.random.Generator, *, grouped: bool
) -> Iterator[Parts]:
    """Yield the rows of the parts of each seed: training, validation and test, 60, 20 and 20 in 100.

    Args:
        design: "independent" draws folds for every seed; "rotated" tests each of five folds once, then draws again.
        grouped: whole groups go to one fold.
    """
    if collection.second is not None:
        yield from _of_tailprobe(collection, seeds, design, rng)
        return
    for seed in range(seeds):
        turn = seed % FOLDS if design == "rotated" else 0
        if turn == 0:
            fold = _folds(collection, rng, grouped=grouped)
        validation = (turn + 1) % FOLDS
        yield Parts(
            *(np.flatnonzero(part) for part in (~np.isin(fold, (turn, validation)), fold == validation, fold == turn))
        )


def _of_tailprobe(collection: Collection, seeds: int, design: Design, rng: np.random.Generator) -> Iterator[Parts]:
    """Yield tailprobe's own splits, which are stratified for multi-label images too."""
    first = FOLDS * int(rng.integers(2**25))
    plan = plan_splits(collection.labels, "rotated" if design == "rotated" else "stratified", first=first)
    for seed in range(first, first + seeds):
        split = plan.split(seed)
        yield Parts(split.train, split.validation, split.test)


def _folds(collection: Collection, rng: np.random.Generator, *, grouped: bool) -> Int[np.ndarray, " N"]:
    if grouped and collection.groups is not None:
        _, first = np.unique(collection.groups, return_index=True)
        return _deal(collection.classes[first], rng)[collection.groups]
    return _deal(collection.classes, rng)


def _deal(classes: Int[np.ndarray, " N"], rng: np.random.Generator) -> Int[np.ndarray, " N"]:
    """Deal each class in random order to the folds in turn, each class beginning where the last one ended."""
    fold = np.empty(len(classes), dtype=np.int64)
    start = int(rng.integers(FOLDS))
    for c in range(classes.max() + 1):
        rows = rng.permutation(np.flatnonzero(classes == c))
        fold[rows] = (np.arange(len(rows)) + start) % FOLDS
        start += len(rows)
    return fold
