"""The kinds of split: stratified, rotated, random, or given by the data."""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from jaxtyping import Int

from tailprobe.errors import InputError
from tailprobe.labels import Labels
from tailprobe.parts import PARTS
from tailprobe.registry import Registry
from tailprobe.splits.deal import deal
from tailprobe.splits.split import SHARES, Split
from tailprobe.splits.units import Units

FOLDS = 5  # of a rotated split: one tests, the next validates, three train

Groups = Sequence[str] | None  # (N,) images of one group stay in one part


class SplitRule(Protocol):
    """A way to split, given the labels, the parts that the data name and the groups that stay whole."""

    def __call__(
        self, labels: Labels, parts: Sequence[str] | None, *, rng: np.random.Generator, groups: Groups = None
    ) -> Split:
        """Return the split."""
        ...


OTHER_SPLITS: Registry[SplitRule] = Registry("split", plugins=("tailprobe.paper.split",))


def make_split(
    labels: Labels, how: str, parts: Sequence[str] | None, *, rng: np.random.Generator, groups: Groups = None
) -> Split:
    """Split one seed as named: `stratified`, `random`, `given` or one of `OTHER_SPLITS`.

    `plan_splits` makes rotated ones.

    Raises:
        InputError: an unknown name, or `given` where the data name no parts.
    """
    if how == "given" and parts is None:
        raise InputError(
            "split 'given': the data name no parts; "
            "add a column with train, validation and test, or use split 'stratified'"
        )
    ways: dict[str, Callable[[], Split]] = {
        "stratified": lambda: stratified_split(labels, rng=rng, groups=groups),
        "random": lambda: random_split(labels, rng=rng, groups=groups),
        "given": lambda: given_split(labels, parts or (), rng=rng, groups=groups),
    }
    if how in ways:
        return ways[how]()
    others = OTHER_SPLITS.names()
    if how not in others:
        raise InputError(f"split {how!r} is not known; choose among {', '.join((*ways, *others))}")
    return OTHER_SPLITS.get(how)(labels, parts, rng=rng, groups=groups)


def stratified_split(
    labels: Labels, *, rng: np.random.Generator, shares: Sequence[float] = SHARES, groups: Groups = None
) -> Split:
    """Split so that every class, also the rarest, stands in every part in about the same share.

    See `deal`. With groups, whole groups are dealt.

    Raises:
        InputError: as `deal`, e.g. a class has fewer images than there are parts, named with its count.
    """
    return Split.of_parts(_dealt(labels, shares, groups, rng))


def rotated_folds(labels: Labels, *, rng: np.random.Generator, groups: Groups = None) -> Int[np.ndarray, " N"]:
    """Return the fold of each image, 0 to 4: five stratified folds of about equal size.

    Raises:
        InputError: as `deal`, e.g. a class has fewer images than there are folds.
    """
    return _dealt(labels, (1 / FOLDS,) * FOLDS, groups, rng)


def rotated_split(folds: Int[np.ndarray, " N"], turn: int) -> Split:
    """Test on fold `turn`, validate on the next and train on the other three.

    Over five turns every image is tested once, validated on once and trained on three times.

    >>> rotated_split(np.array([0, 1, 2, 3, 4]), turn=4).test.tolist()
    [4]
    """
    tested, validated = folds == turn % FOLDS, folds == (turn + 1) % FOLDS
    return Split(np.flatnonzero(~tested & ~validated), np.flatnonzero(validated), np.flatnonzero(tested))


def too_few_to_rotate(labels: Labels, groups: Groups = None) -> list[str]:
    """Return the classes with too few images or groups to stand in each of five folds, with how many they have."""
    units = Units.of(labels, groups)
    return [f"{labels.classes[c]} ({units.support[c]})" for c in np.flatnonzero(units.support < FOLDS)]


def random_split(
    labels: Labels, *, rng: np.random.Generator, shares: Sequence[float] = SHARES, groups: Groups = None
) -> Split:
    """Split at random, as the paper did: a rare class may miss from a part."""
    return Split.of_parts(parts_at_random(labels, shares, groups, rng))


def given_split(labels: Labels, parts: Sequence[str], *, rng: np.random.Generator, groups: Groups = None) -> Split:
    """Take the parts that came with the data.

    Where they name only a training part and one other, that other one is reported as the test part and a quarter of
    the training part, stratified, becomes the validation part, so that nothing is tuned on what is reported.
    """
    names = np.asarray(parts)
    if set(parts) == set(PARTS):
        train, validation, test = (np.flatnonzero(names == part) for part in PARTS)
        return Split(train, validation, test)
    if not are_usable(parts):
        raise InputError(
            f"the given split names the parts {sorted(set(parts))}; expected train with validation, test or both"
        )
    train = np.flatnonzero(names == "train")
    inside = None if groups is None else [groups[row] for row in train.tolist()]
    held = _dealt(labels.rows(train), (0.75, 0.25), inside, rng)
    return Split(train[held == 0], train[held == 1], np.flatnonzero(names != "train"))


def are_usable(parts: Sequence[str]) -> bool:
    """Return whether given parts are a split: training, and validation, test or both."""
    return "train" in parts and len(set(parts)) > 1


def _dealt(labels: Labels, shares: Sequence[float], groups: Groups, rng: np.random.Generator) -> Int[np.ndarray, " N"]:
    units = Units.of(labels, groups)
    return deal(units, shares, rng=rng)[units.of_image]


def parts_at_random(
    labels: Labels, shares: Sequence[float], groups: Groups, rng: np.random.Generator
) -> Int[np.ndarray, " N"]:
    """Take units in random order; a group that reaches over the end of a part goes to where its middle image lies."""
    units = Units.of(labels, groups)
    order = rng.permutation(len(units))
    bounds = np.round(np.cumsum(shares)[:-1] * len(labels))
    middle = np.cumsum(units.sizes[order]) - units.sizes[order] / 2
    part = np.empty(len(units), dtype=np.int64)
    part[order] = np.searchsorted(bounds, middle)
    return part[units.of_image]
