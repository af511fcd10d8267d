"""Assign units to parts so that every class is in every part in about the wanted share."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int

from tailprobe.errors import InputError
from tailprobe.splits.repair import fill_gaps
from tailprobe.splits.units import Units

_TIE = 1e-9  # imbalances that differ by less are equal


def deal(units: Units, shares: Sequence[float], *, rng: np.random.Generator) -> Int[np.ndarray, " U"]:
    """Assign units to parts, stratified by class.

    Images are assigned by iterative stratification (Sechidis et al., ECML PKDD 2011) in random order: those of the
    rarest class first, each to the part that lacks most. Groups are assigned by `deal_groups`. Where either leaves a
    part without a class, as happens with three images and three parts, `fill_gaps` moves a unit there.

    Args:
        units: U images or groups.
        shares: (P,) share of the images for each part; they add up to 1.
        rng: determines the order and breaks ties.

    Returns:
        (U,) int64, the part of each unit, from 0.

    Raises:
        InputError: a class has fewer units than there are parts, or no assignment gives every part one of each class.
    """
    refuse_tiny_classes(units, parts=len(shares))
    dealt = _deal_images if units.noun == "image" else deal_groups
    return fill_gaps(units, dealt(units, shares, rng=rng), parts=len(shares), rng=rng)


def refuse_tiny_classes(units: Units, *, parts: int) -> None:
    """Raise InputError where a class has fewer units than there are parts, and name such classes."""
    tiny = np.flatnonzero(units.support < parts)
    if tiny.size:
        named = ", ".join(f"{units.classes[c]!r} ({units.support[c]})" for c in tiny[:5])
        least = f"--min-images {parts} or " if units.noun == "image" else ""
        raise InputError(
            f"{tiny.size} class(es) have too few {units.noun}s to be in each of {parts} parts: {named}; leave them "
            f"out with {least}--drop-class {units.classes[tiny[0]]!r}, merge classes with --merge-classes, add "
            f"{units.noun}s, or use split 'random', in which a part may lack them"
        )


def _deal_images(units: Units, shares: Sequence[float], *, rng: np.random.Generator) -> Int[np.ndarray, " U"]:
    from iterstrat.ml_stratifiers import IterativeStratification  # slow to import

    order = rng.permutation(len(units))
    legacy = np.random.RandomState(rng.integers(2**32, dtype=np.uint32))  # the library takes no Generator
    part = np.empty(len(units), dtype=np.int64)
    part[order] = IterativeStratification(units.counts[order] > 0, np.asarray(shares, dtype=float), legacy)
    return part


def deal_groups(units: Units, shares: Sequence[float], *, rng: np.random.Generator) -> Int[np.ndarray, " U"]:
    r"""Assign whole groups, each to the part where the classes' shares stay closest to those wanted.

    With T_c images of class c, of which part p holds d_pc and should hold s_p T_c, each group goes to the part where

        sum_p sum_c ((d_pc - s_p T_c) / T_c)^2 / s_p

    increases least; the number of images counts as one more class. Groups that hold the largest share of any class come
    first, so that rare classes and large groups are assigned while every part still has room.

    Source:
        scikit-learn's StratifiedGroupKFold, for one class an image and equal folds; several classes per image, unequal
        parts and the weight of rare classes are ours.
    """
    wanted = np.asarray(shares, dtype=np.float64)[:, None]
    each = np.column_stack([units.counts, units.sizes]).astype(np.float64)  # (U, C + 1)
    each /= np.maximum(each.sum(axis=0), 1)
    excess = np.repeat(-wanted, each.shape[1], axis=1)  # (P, C + 1), what each part has beyond its share
    part = np.empty(len(units), dtype=np.int64)
    order = rng.permutation(len(units))
    order = order[np.argsort(-each[order].max(axis=1), kind="stable")]
    for unit in order:
        growth = ((2 * excess + each[unit]) * each[unit] / wanted).sum(axis=1)
        part[unit] = _least(growth, rng)
        excess[part[unit]] += each[unit]
    return part


def _least(values: Float[np.ndarray, " P"], rng: np.random.Generator) -> int:
    least = np.flatnonzero(values <= values.min() + _TIE)
    return int(least[0] if len(least) == 1 else rng.choice(least))
