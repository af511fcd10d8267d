"""Splits: which images train, which tune, which are reported."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from jaxtyping import Bool, Int

from tailprobe.errors import InputError
from tailprobe.labels import Labels
from tailprobe.parts import PARTS
from tailprobe.registry import Registry

SHARES = (0.6, 0.2, 0.2)


@dataclass(frozen=True, eq=False)
class Split:
    """Row indices of the three parts, each ascending; disjoint but where `test_is_validation`."""

    train: Int[np.ndarray, " T"]
    validation: Int[np.ndarray, " V"]
    test: Int[np.ndarray, " S"]
    test_is_validation: bool = False  # the authors' runs report the part they tuned on; nothing else should

    def __post_init__(self) -> None:
        for part in PARTS:
            if not len(getattr(self, part)):
                raise InputError(f"the split has no {part} images")


class SplitRule(Protocol):
    """A way to split, given the labels and the parts that the data name."""

    def __call__(self, labels: Labels, parts: Sequence[str] | None, *, rng: np.random.Generator) -> Split:
        """Return the split."""
        ...


OTHER_SPLITS: Registry[SplitRule] = Registry("split", plugins=("tailprobe.paper.split",))


def stratified_split(labels: Labels, *, rng: np.random.Generator, shares: Sequence[float] = SHARES) -> Split:
    """Split so that every class, also the rarest, stands in every part in about the same share.

    Iterative stratification (Sechidis et al., ECML 2011) over the images in random order: it deals out the images of
    the rarest class first, each to the part that wants most. A class it leaves out of a part, as happens with three
    images, gets one moved there from the part that has most of it.

    Raises:
        InputError: a class has fewer images than there are parts, named with its count.
    """
    return _from_parts(_deal(labels, shares, rng=rng))


def random_split(labels: Labels, *, rng: np.random.Generator, shares: Sequence[float] = SHARES) -> Split:
    """Split at random, as the paper did: a rare class may miss from a part."""
    order = rng.permutation(len(labels))
    part = np.empty(len(labels), dtype=np.int64)
    bounds = np.round(np.cumsum(shares)[:-1] * len(labels)).astype(int)
    for index, rows in enumerate(np.split(order, bounds)):
        part[rows] = index
    return _from_parts(part)


def given_split(labels: Labels, parts: Sequence[str], *, rng: np.random.Generator) -> Split:
    """Take the parts that came with the data.

    Where they name only a training part and one other, that other one is reported as the test part and a quarter of
    the training part, stratified, becomes the validation part, so that nothing is tuned on what is reported.
    """
    names = np.asarray(parts)
    if set(parts) == set(PARTS):
        train, validation, test = (np.flatnonzero(names == part) for part in PARTS)
        return Split(train, validation, test)
    if "train" not in parts or len(set(parts)) != 2:
        raise InputError(
            f"the given split names the parts {sorted(set(parts))}; expected train with validation, test or both"
        )
    train = np.flatnonzero(names == "train")
    held = _deal(labels.rows(train), (0.75, 0.25), rng=rng)
    return Split(train[held == 0], train[held == 1], np.flatnonzero(names != "train"))


def make_split(labels: Labels, how: str, parts: Sequence[str] | None, *, rng: np.random.Generator) -> Split:
    """Split as named: `stratified`, `random`, `given` or one of `OTHER_SPLITS`.

    Raises:
        InputError: an unknown name, or `given` where the data name no parts.
    """
    if how == "given" and parts is None:
        raise InputError(
            "split 'given': the data name no parts; "
            "add a column with train, validation and test, or use split 'stratified'"
        )
    ways: dict[str, Callable[[], Split]] = {
        "stratified": lambda: stratified_split(labels, rng=rng),
        "random": lambda: random_split(labels, rng=rng),
        "given": lambda: given_split(labels, parts or (), rng=rng),
    }
    if how in ways:
        return ways[how]()
    others = OTHER_SPLITS.names()
    if how not in others:
        raise InputError(f"split {how!r} is not known; choose among {', '.join((*ways, *others))}")
    return OTHER_SPLITS.get(how)(labels, parts, rng=rng)


def _deal(labels: Labels, shares: Sequence[float], *, rng: np.random.Generator) -> Int[np.ndarray, " N"]:
    from iterstrat.ml_stratifiers import IterativeStratification  # slow to import

    _refuse_tiny_classes(labels, parts=len(shares))
    order = rng.permutation(len(labels))
    legacy = np.random.RandomState(rng.integers(2**32, dtype=np.uint32))  # the library takes no Generator
    part = np.empty(len(labels), dtype=np.int64)
    part[order] = IterativeStratification(labels.matrix[order], np.asarray(shares, dtype=float), legacy)
    return _fill_gaps(labels, part, parts=len(shares), rng=rng)


def _refuse_tiny_classes(labels: Labels, *, parts: int) -> None:
    counts = labels.counts
    tiny = np.flatnonzero(counts < parts)
    if tiny.size:
        named = ", ".join(f"{labels.classes[c]!r} ({counts[c]})" for c in tiny[:5])
        raise InputError(
            f"{tiny.size} class(es) have too few images to stand in each of {parts} parts: {named}; "
            f"add images, leave the class out, or use split 'random', which lets it miss"
        )


def _fill_gaps(
    labels: Labels, part: Int[np.ndarray, " N"], *, parts: int, rng: np.random.Generator
) -> Int[np.ndarray, " N"]:
    # Moving one image can open a gap for another class it carries, so look again until there is none.
    part = part.copy()
    for _ in range(100):
        table = np.stack([labels.matrix[part == p].sum(axis=0) for p in range(parts)])  # (parts, C)
        gaps = np.argwhere(table == 0)
        if not gaps.size:
            return part
        wanting, c = gaps[0]
        rows = np.flatnonzero(labels.matrix[:, c] & (part == int(table[:, c].argmax())))
        part[rng.choice(_safe_to_move(labels.matrix, rows, part, table))] = wanting
    raise InputError(
        f"no split found in which class {labels.classes[c]!r} stands in every part; use split 'random' or add images"
    )


def _safe_to_move(
    matrix: Bool[np.ndarray, "N C"],
    rows: Int[np.ndarray, " K"],
    part: Int[np.ndarray, " N"],
    table: Int[np.ndarray, "P C"],
) -> Int[np.ndarray, " L"]:
    # Prefer images whose going leaves no other class without one in its part.
    alone = (matrix[rows] & (table[part[rows]] <= 1)).any(axis=1)
    return rows[~alone] if (~alone).any() else rows


def _from_parts(part: Int[np.ndarray, " N"]) -> Split:
    return Split(np.flatnonzero(part == 0), np.flatnonzero(part == 1), np.flatnonzero(part == 2))
