"""Averages over classes alike in frequency."""

import numpy as np
from jaxtyping import Bool, Float, Int

from tailprobe.errors import InputError
from tailprobe.scores.ratio import ratio

SHOTS = ("many-shot", "medium-shot", "few-shot")


def frequency_thirds(counts: Int[np.ndarray, " C"]) -> Bool[np.ndarray, "3 C"]:
    """Say which classes are head, medium and tail: the most frequent third, the middle and the rarest.

    Classes of equal count go by their order; what three does not divide falls to the middle.

    >>> frequency_thirds(np.array([10, 900, 90, 30])).tolist()
    [[False, True, False, False], [False, False, True, True], [True, False, False, False]]
    """
    third = len(counts) // 3
    place = np.empty(len(counts), dtype=np.int64)
    place[np.argsort(-counts, kind="stable")] = np.arange(len(counts))
    head, tail = place < third, place >= len(counts) - third
    return np.stack([head, ~head & ~tail, tail])


def shot_groups(counts: Int[np.ndarray, " C"], *, few: int = 20, many: int = 100) -> Bool[np.ndarray, "3 C"]:
    """Say which classes are many-, medium- and few-shot: above `many` training images, up to that, below `few`.

    Args:
        counts: (C,) training images of each class. Never count validation or test images.

    Raises:
        InputError: `few` is above `many`.

    Source:
        Liu et al., Large-scale long-tailed recognition in an open world, CVPR 2019.

    >>> shot_groups(np.array([500, 100, 20, 19])).argmax(axis=0).tolist()
    [0, 1, 1, 2]
    """
    if few > many:
        raise InputError(f"few = {few} is above many = {many}; a class would be both")
    return np.stack([counts > many, (counts <= many) & (counts >= few), counts < few])


def shot_means(
    values: Float[np.ndarray, " C"], counts: Int[np.ndarray, " C"], *, few: int = 20, many: int = 100
) -> Float[np.ndarray, " 3"]:
    """Return a metric's mean over the many-, medium- and few-shot classes where it is defined, NaN where none is.

    >>> shot_means(np.array([0.9, 0.5, np.nan, 0.1]), np.array([500, 100, 20, 19]))
    array([0.9, 0.5, 0.1])
    """
    member = shot_groups(counts, few=few, many=many) & ~np.isnan(values)
    return ratio(member @ np.nan_to_num(values), member.sum(axis=1))
