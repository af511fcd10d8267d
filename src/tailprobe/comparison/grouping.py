"""Means over groups of classes, and the influence of each image on them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from tailprobe.groups import GROUPS, group_members
from tailprobe.scores.ratio import ratio


@dataclass(frozen=True, eq=False)
class Grouping:
    """C classes and the groups whose plain means are taken; columns K are the classes, then the groups."""

    classes: tuple[str, ...]
    members: Bool[np.ndarray, "G C"]

    @property
    def names(self) -> tuple[str, ...]:
        """The K columns."""
        return (*self.classes, *GROUPS)

    def column(self, group: str) -> int:
        """Return the column of a group."""
        return len(self.classes) + GROUPS.index(group)

    def append_group_means(self, values: Float[np.ndarray, " C"]) -> Float[np.ndarray, " K"]:
        """Append each group's mean over its classes where the value is defined, NaN if there are none."""
        means = self._weights(values) @ np.nan_to_num(values)
        return np.concatenate([values, np.where(self._defined(values).any(axis=1), means, np.nan)])

    def append_group_influence(
        self, values: Float[np.ndarray, " C"], influence: Float[np.ndarray, "T C"]
    ) -> Float[np.ndarray, "T K"]:
        """Append to the influences on classes those on the groups' means."""
        return np.concatenate([influence, np.where(np.isnan(values), 0, influence) @ self._weights(values).T], axis=1)

    def append_group_support(self, positives: Float[np.ndarray, " C"]) -> Float[np.ndarray, " K"]:
        """Append each group's positives, all classes together."""
        return np.concatenate([positives, self.members @ positives])

    def effective_support(self, positives: Float[np.ndarray, " C"]) -> Float[np.ndarray, " K"]:
        """Append each group's harmonic mean: a class's variance is about one over its positives, and those add up."""
        has_positives = positives > 0
        inverse = np.divide(1, positives, out=np.zeros(len(positives)), where=has_positives)
        n_classes = (self.members & has_positives).sum(axis=1)
        return np.concatenate([positives, np.nan_to_num(ratio(n_classes, self.members @ inverse))])

    def _defined(self, values: Float[np.ndarray, " C"]) -> Bool[np.ndarray, "G C"]:
        return self.members & ~np.isnan(values)

    def _weights(self, values: Float[np.ndarray, " C"]) -> Float[np.ndarray, "G C"]:
        defined = self._defined(values).astype(np.float64)
        return defined / np.maximum(defined.sum(axis=1, keepdims=True), 1)


def group_classes(
    classes: Sequence[str], *, counts: Int[np.ndarray, " C"], low_frequency: Bool[np.ndarray, " C"]
) -> Grouping:
    """Group classes as `groups.group_members` does."""
    return Grouping(tuple(classes), group_members(counts, low_frequency))
