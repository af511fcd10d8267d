"""The splits of a study: one for each seed, and notes on them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Int

from tailprobe.labels import Labels
from tailprobe.randomness import generator
from tailprobe.splits.kinds import (
    FOLDS,
    are_usable,
    make_split,
    rotated_folds,
    rotated_split,
    too_few_to_rotate,
)
from tailprobe.splits.split import Split


def seed_block(kind: str) -> int:
    """Return how many seeds belong together: those of a rotated split come in blocks of five.

    >>> seed_block("rotated"), seed_block("stratified")
    (5, 1)
    """
    return FOLDS if kind == "rotated" else 1


@dataclass(frozen=True, eq=False)
class SplitPlan:
    """How the repeats of a study are split; `split(seed)` does not depend on the number of seeds.

    >>> plan = plan_splits(Labels.from_tags([["a"], ["b"]] * 10), "rotated")
    >>> list(plan.seeds(3)), len(plan.split(0).test), plan.notes
    ([0, 1, 2, 3, 4], 4, ())
    """

    labels: Labels  # of N images
    kind: str  # "rotated", or what `make_split` knows
    parts: tuple[str, ...] | None = None  # (N,) given by the data
    groups: tuple[str, ...] | None = None  # (N,) images of one group stay in one part
    first: int = 0  # the first seed: blocks of five are counted from it
    notes: tuple[str, ...] = ()  # where the splits are not as asked for, and why
    _folds: dict[int, Int[np.ndarray, " N"]] = field(default_factory=dict, repr=False)  # by the block's first seed

    def seeds(self, wanted: int) -> range:
        """Return the seeds of a study of `wanted` repeats; rotated, their number is rounded up to blocks of five."""
        block = seed_block(self.kind)
        return range(self.first, self.first + -(-wanted // block) * block)

    def split(self, seed: int) -> Split:
        """Return the split of a seed.

        Rotated: seed s, counted from the first, tests on fold s mod 5 of its block of five seeds.

        Raises:
            InputError: the labels or the given parts admit no such split.
        """
        if self.kind == "rotated":
            turn = (seed - self.first) % FOLDS
            return rotated_split(self._folds_of(seed - turn), turn)
        return make_split(self.labels, self.kind, self.parts, rng=generator(seed, "split"), groups=self.groups)

    def _folds_of(self, block: int) -> Int[np.ndarray, " N"]:
        if block not in self._folds:
            rng = generator(block, "folds")
            self._folds[block] = rotated_folds(self.labels, rng=rng, groups=self.groups)
        return self._folds[block]


def plan_splits(
    labels: Labels,
    how: str,
    *,
    parts: Sequence[str] | None = None,
    groups: Sequence[str] | None = None,
    first: int = 0,
) -> SplitPlan:
    """Plan the splits of a study.

    `rotated` keeps the parts that the data give, and falls back to independent stratified splits where a class has
    fewer than five images or groups; the notes then say so.

    Args:
        labels: of N images.
        how: `rotated`, or what `make_split` knows.
        parts: (N,) "train", "validation" or "test", where the data name them.
        groups: (N,) the group of each image.
        first: the first seed of the study.

    Raises:
        InputError: not here but in `SplitPlan.split`, as `make_split`.
    """
    chosen, notes = _rotated_or_else(labels, parts, groups) if how == "rotated" else (how, ())
    if chosen in ("given", "two-part") and parts is not None and groups is not None:
        notes += _divided_groups(parts, groups)
    given = None if parts is None else tuple(parts)
    return SplitPlan(labels, chosen, given, None if groups is None else tuple(groups), first, notes)


def _rotated_or_else(
    labels: Labels, parts: Sequence[str] | None, groups: Sequence[str] | None
) -> tuple[str, tuple[str, ...]]:
    if parts is not None and are_usable(parts):
        return "given", ("the parts given by the data are kept; --split stratified replaces them",)
    unusable = () if parts is None else (f"the data name only the part {parts[0]!r}, which is ignored",)
    few = too_few_to_rotate(labels, groups)
    if few:
        noun = "images" if groups is None else "groups"
        listed = ", ".join(few[:5]) + (f" and {len(few) - 5} more" if len(few) > 5 else "")
        reason = f"fewer than {FOLDS} {noun} of {listed}: each seed has an independent stratified split, not rotated"
        return "stratified", (*unusable, reason)
    return "rotated", unusable


def _divided_groups(parts: Sequence[str], groups: Sequence[str]) -> tuple[str, ...]:
    """Return a note where given parts divide groups: training and test part are then not independent."""
    seen: dict[str, set[str]] = {}
    for group, part in zip(groups, parts, strict=True):
        seen.setdefault(group, set()).add(part)
    divided = sum(len(found) > 1 for found in seen.values())
    if not divided:
        return ()
    return (f"{divided:,} of {len(seen):,} groups are in more than one of the given parts, which are kept",)
