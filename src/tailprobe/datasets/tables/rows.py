"""The rows of a label table, before they are converted to `Labels`."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, eq=False)
class Rows:
    """N rows, each with an image and its labels."""

    names: list[str]  # (N,) image names
    tags: list[list[str]]  # (N,)
    parts: list[str] | None  # (N,)
    groups: list[str] | None  # (N,)
    where: list[str]  # (N,) for messages
    unknown: list[list[str]] | None = None  # (N,) classes whose label is unknown for the image

    def __len__(self) -> int:
        return len(self.names)

    def only(self, kept: Sequence[int]) -> "Rows":
        """Return the rows at these positions, in this order."""
        return Rows(
            [self.names[n] for n in kept],
            [self.tags[n] for n in kept],
            None if self.parts is None else [self.parts[n] for n in kept],
            None if self.groups is None else [self.groups[n] for n in kept],
            [self.where[n] for n in kept],
            None if self.unknown is None else [self.unknown[n] for n in kept],
        )

    def without(self, part: str) -> "Rows":
        """Return the rows that are not in a part."""
        if self.parts is None or part not in self.parts:
            return self
        return self.only([n for n, given in enumerate(self.parts) if given != part])
