"""Heads: what the engine gives."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tailprobe.learners.history import FittedHead
from tailprobe.training.task import HeadKey


@dataclass(frozen=True, eq=False)
class Heads(Mapping[HeadKey, FittedHead]):
    """The heads of a study by their keys, in the order of the tasks."""

    by_key: dict[HeadKey, FittedHead]

    def __getitem__(self, key: HeadKey) -> FittedHead:
        return self.by_key[key]

    def __iter__(self) -> Iterator[HeadKey]:
        return iter(self.by_key)

    def __len__(self) -> int:
        return len(self.by_key)
