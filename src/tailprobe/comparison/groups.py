"""Groups of classes: by the study's rule (low-frequency, remaining) and by count (head, medium, tail)."""

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
    member: Bool[np.ndarray, "G C"]

    @property
    def names(self) -> tuple[str, ...]:
        """The K columns."""
        return (*self.classes, *GROUPS)

    def place(self, group: str) -> int:
        """Return the column of a group."""
        return len(self.classes) + GROUPS.index(group)

    def extend(self, values: Float[np.ndarray, " C"]) -> Float[np.ndarray, " K"]:
        """Append each group's mean over its classes where the value is defined, NaN where there are none."""
        return np.concatenate([values, self._share(values) @ np.nan_to_num(values) + self._none(values)])

    def extend_weights(
        self, values: Float[np.ndarray, " C"], weight: Float[np.ndarray, "T C"]
    ) -> Float[np.ndarray, "T K"]:
        """Append to the influences on classes those on the groups' means."""
        return np.concatenate([weight, np.where(np.isnan(values), 0, weight) @ self._share(values).T], axis=1)

    def support(self, positives: Float[np.ndarray, " C"]) -> Float[np.ndarray, " K"]:
        """Append each group's positives, all classes together."""
        return np.concatenate([positives, self.member @ positives])

    def support_of_variance(self, positives: Float[np.ndarray, " C"]) -> Float[np.ndarray, " K"]:
        """Append each group's harmonic mean: a class's variance is about one over its positives, and those add up."""
        carried = positives > 0
        inverse = np.divide(1, positives, out=np.zeros(len(positives)), where=carried)
        many = (self.member & carried).sum(axis=1)
        return np.concatenate([positives, np.nan_to_num(ratio(many, self.member @ inverse))])

    def _share(self, values: Float[np.ndarray, " C"]) -> Float[np.ndarray, "G C"]:
        defined = (self.member & ~np.isnan(values)).astype(np.float64)
        return defined / np.maximum(defined.sum(axis=1, keepdims=True), 1)

    def _none(self, values: Float[np.ndarray, " C"]) -> Float[np.ndarray, " G"]:
        return np.where((self.member & ~np.isnan(values)).any(axis=1), 0.0, np.nan)


def group_classes(
    classes: Sequence[str], *, counts: Int[np.ndarray, " C"], low_frequency: Bool[np.ndarray, " C"]
) -> Grouping:
    """Group classes by the study's rule and by thirds of their counts."""
    return Grouping(tuple(classes), group_members(counts, low_frequency))
