"""The kinds of split: stratified, rotated, random, or as given by the data."""

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

_NESTED = (0.75, 0.25)  # of a training part, to train and to validate
FOLDS = 5  # of a rotated split: one for test, the next for validation, three for training

Groups = Sequence[str] | None  # (N,) images of one group stay in one part


class SplitRule(Protocol):
    """A way to split, given the labels, the parts that the data name and the groups that stay in one part."""

    def __call__(
        self, labels: Labels, parts: Sequence[str] | None, *, rng: np.random.Generator, groups: Groups = None
    ) -> Split:
        """Return the split."""
        ...


OTHER_SPLITS: Registry[SplitRule] = Registry("split", plugins=("tailprobe.paper.split",))


def make_split(
    labels: Labels, how: str, parts: Sequence[str] | None, *, rng: np.random.Generator, groups: Groups = None
) -> Split:
    """Return one seed's split of a kind: `stratified`, `random`, `given` or one of `OTHER_SPLITS`.

    `plan_splits` makes rotated ones.

    Args:
        labels: of N images.
        how: the kind of split.
        parts: (N,) "train", "validation" or "test", where the data name them.
        rng: the source of randomness.
        groups: (N,) the group of each image, if there are any.

    Raises:
        InputError: an unknown kind, `given` where the data name no parts, or as the function of that kind.
    """
    if how == "given" and parts is None:
        raise InputError(
            "split 'given': the data do not name the parts; "
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
    """Split so that every class, even the rarest, has about the same share of its images in every part.

    See `deal`. With groups, whole groups are assigned.

    Args:
        labels: of N images.
        rng: the source of randomness.
        shares: of training, validation and test part.
        groups: (N,) the group of each image, if there are any.

    Raises:
        InputError: as `deal`, e.g. a class has fewer images than there are parts; the message has its count.

    >>> labels = Labels.from_tags([["a"], ["b"]] * 10)
    >>> split = stratified_split(labels, rng=np.random.default_rng(0))
    >>> labels.rows(split.test).counts.tolist()
    [2, 2]
    """
    return Split.of_parts(_dealt(labels, shares, groups, rng))


def nested_split(labels: Labels, split: Split, *, rng: np.random.Generator, groups: Groups = None) -> Split:
    """Split the training part again, three quarters to train and one to validate; the other parts are not used.

    Stratified; at random where a class has too few training images for it. The test part is the validation part.

    Args:
        labels: of N images.
        split: of the N images.
        rng: the source of randomness.
        groups: (N,) the group of each image, where there are any.

    >>> labels = Labels.from_tags([["a"], ["b"]] * 10)
    >>> outer = Split.of_parts(np.repeat([0, 1, 2], [8, 6, 6]))
    >>> inner = nested_split(labels, outer, rng=np.random.default_rng(0))
    >>> len(inner.train), labels.rows(inner.validation).counts.tolist(), inner.train.max() < 8
    (6, [1, 1], np.True_)
    """
    rows = split.train
    inside = None if groups is None else [groups[row] for row in rows]
    units = Units.of(labels.rows(rows), inside)
    way = parts_at_random if units.support.min() < len(_NESTED) else _dealt
    part = way(labels.rows(rows), _NESTED, inside, rng)
    validation = rows[part == 1]
    return Split(rows[part == 0], validation, validation, test_is_validation=True)


def rotated_folds(labels: Labels, *, rng: np.random.Generator, groups: Groups = None) -> Int[np.ndarray, " N"]:
    """Return the fold of each image, 0 to 4: five stratified folds of about equal size.

    Raises:
        InputError: as `deal`, e.g. a class has fewer images than there are folds.
    """
    return _dealt(labels, (1 / FOLDS,) * FOLDS, groups, rng)


def rotated_split(folds: Int[np.ndarray, " N"], turn: int) -> Split:
    """Return the split with fold `turn` for test, the next for validation and the other three for training.

    Over five turns every image is in the test part once, in the validation part once and in the training part three
    times.

    >>> rotated_split(np.array([0, 1, 2, 3, 4]), turn=4).test.tolist()
    [4]
    """
    tested, validated = folds == turn % FOLDS, folds == (turn + 1) % FOLDS
    return Split(np.flatnonzero(~tested & ~validated), np.flatnonzero(validated), np.flatnonzero(tested))


def too_few_to_rotate(labels: Labels, groups: Groups = None) -> list[str]:
    """Return the classes with fewer than five images or groups, one a fold, with their number, e.g. `mine (3)`."""
    units = Units.of(labels, groups)
    return [f"{labels.classes[c]} ({units.support[c]})" for c in np.flatnonzero(units.support < FOLDS)]


def random_split(
    labels: Labels, *, rng: np.random.Generator, shares: Sequence[float] = SHARES, groups: Groups = None
) -> Split:
    """Split at random, as the paper did: a part may lack a rare class; arguments as `stratified_split`."""
    return Split.of_parts(parts_at_random(labels, shares, groups, rng))


def given_split(labels: Labels, parts: Sequence[str], *, rng: np.random.Generator, groups: Groups = None) -> Split:
    """Take the parts that came with the data.

    Where they name only a training part and one other, that other one is the test part, and a quarter of the training
    part, stratified, becomes the validation part, so that nothing is tuned on the test part.

    Args:
        labels: of N images.
        parts: (N,) "train", "validation" or "test".
        rng: chooses the validation part if none is named.
        groups: (N,) the group of each image; used only then.

    Raises:
        InputError: no training part or no other part is named, or as `deal`.
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
    """Return (N,) parts of units in random order; a group across two parts goes to the part of its middle image."""
    units = Units.of(labels, groups)
    order = rng.permutation(len(units))
    bounds = np.round(np.cumsum(shares)[:-1] * len(labels))
    middle = np.cumsum(units.sizes[order]) - units.sizes[order] / 2
    part = np.empty(len(units), dtype=np.int64)
    part[order] = np.searchsorted(bounds, middle)
    return part[units.of_image]
