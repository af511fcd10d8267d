"""A split: which images are for training, validation and test."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from tailprobe.errors import InputError
from tailprobe.parts import PARTS

SHARES = (0.6, 0.2, 0.2)  # of training, validation and test part


@dataclass(frozen=True, eq=False)
class Split:
    """Row indices of the three parts, each ascending; disjoint unless `test_is_validation`.

    >>> Split.of_parts(np.array([0, 2, 1, 0])).train.tolist()
    [0, 3]

    Raises:
        InputError: a part has no image.
    """

    train: Int[np.ndarray, " T"]
    validation: Int[np.ndarray, " V"]
    test: Int[np.ndarray, " S"]
    test_is_validation: bool = False  # the authors' runs report the part they tuned on; no other split does

    def __post_init__(self) -> None:
        for part in PARTS:
            if not len(getattr(self, part)):
                raise InputError(f"the split has no {part} images")

    @classmethod
    def of_parts(cls, part: Int[np.ndarray, " N"]) -> "Split":
        """Return the split of N images that are numbered 0 (training), 1 (validation) or 2 (test)."""
        train, validation, test = (np.flatnonzero(part == number) for number in range(len(PARTS)))
        return cls(train, validation, test)
