"""Units: what is assigned to a part as a whole, an image or all images of a group."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int
from scipy.sparse import csr_array

from tailprobe.labels import Labels


@dataclass(frozen=True, eq=False)
class Units:
    """U units of N images over C classes."""

    counts: Int[np.ndarray, "U C"]  # images of the unit that carry the class
    sizes: Int[np.ndarray, " U"]  # images of the unit
    of_image: Int[np.ndarray, " N"]  # the unit of each image
    classes: tuple[str, ...]
    noun: str  # "image" or "group", for messages

    @classmethod
    def of(cls, labels: Labels, groups: Sequence[str] | None = None) -> "Units":
        """Return one unit for each image, or for each group if there are groups.

        Args:
            labels: of N images.
            groups: (N,) the group of each image.
        """
        if groups is None:
            each = np.arange(len(labels))
            return cls(labels.matrix.astype(np.int64), np.ones(len(labels), np.int64), each, labels.classes, "image")
        of_image = group_ids(groups)
        sizes = np.bincount(of_image)
        members = csr_array((np.ones(len(of_image), np.int64), (of_image, np.arange(len(of_image)))))
        return cls(members @ labels.matrix.astype(np.int64), sizes, of_image, labels.classes, "group")

    def __len__(self) -> int:
        return len(self.sizes)

    @property
    def support(self) -> Int[np.ndarray, " C"]:
        """(C,) int64, the number of units that carry each class."""
        return (self.counts > 0).sum(axis=0)


def group_ids(groups: Sequence[str]) -> Int[np.ndarray, " N"]:
    """Return (N,) int64, the number of each image's group, from 0 in the order of the groups' names.

    >>> group_ids(["b", "a", "b"]).tolist()
    [1, 0, 1]
    """
    ids: Int[np.ndarray, " N"] = np.unique(np.asarray(groups), return_inverse=True)[1].astype(np.int64)
    return ids
