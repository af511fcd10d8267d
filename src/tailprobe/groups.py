"""Groups of classes: one definition for every table, verdict, figure and sentence.

| group | classes |
|---|---|
| `all` | every class |
| `low-frequency` | the classes that the study's low-frequency rule selects, see `frequency` |
| `remaining` | the others |
| `head`, `medium`, `tail` | the third of the classes with the most images, the middle, the third with the fewest |

Classes are counted over the whole collection, so a class belongs to the same groups under every seed, in every part and
in every table; results and verdicts can be joined on encoder, method, class_name and is_group. With thirds of the
classes, unlike fixed counts such as the 20 and 100 images of Liu et al. (CVPR 2019), no group of a collection of three
or more classes is empty.
"""

from typing import Final

import numpy as np
from jaxtyping import Bool, Int

ALL: Final = "all"
LOW_FREQUENCY: Final = "low-frequency"
REMAINING: Final = "remaining"
RULE_GROUPS: Final = (ALL, LOW_FREQUENCY, REMAINING)
COUNT_GROUPS: Final = ("head", "medium", "tail")
GROUPS: Final = (*RULE_GROUPS, *COUNT_GROUPS)


def group_members(counts: Int[np.ndarray, " C"], low_frequency: Bool[np.ndarray, " C"]) -> Bool[np.ndarray, "6 C"]:
    """Return (6, C) bool, which classes belong to each of `GROUPS`, in that order.

    Args:
        counts: (C,) images of each class in the whole collection.
        low_frequency: (C,), the classes that the study's rule selects.
    """
    everything = np.ones(len(counts), dtype=bool)
    return np.stack([everything, low_frequency, ~low_frequency, *head_medium_tail(counts)])


def head_medium_tail(counts: Int[np.ndarray, " C"]) -> Bool[np.ndarray, "3 C"]:
    """Return (3, C) bool: head, medium and tail, the most frequent third, the middle and the rarest third of classes.

    Ties are broken by the order of the classes. Where the number of classes is not a multiple of three, the middle has
    the remainder; one or two classes are all in the middle.

    >>> head_medium_tail(np.array([10, 900, 90, 30])).tolist()
    [[False, True, False, False], [False, False, True, True], [True, False, False, False]]
    """
    third = len(counts) // 3
    rank = np.empty(len(counts), dtype=np.int64)
    rank[np.argsort(-counts, kind="stable")] = np.arange(len(counts))
    head, tail = rank < third, rank >= len(counts) - third
    return np.stack([head, ~head & ~tail, tail])
