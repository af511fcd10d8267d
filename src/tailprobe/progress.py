"""How a long step tells how far it is."""

from typing import Protocol, runtime_checkable


@runtime_checkable
class Progress(Protocol):
    """Called by a long step whenever a part of it is done, from one thread at a time."""

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Say that `done` of `total` units of `stage` are finished; a stage's first call has the part done before."""


def silent(stage: str, done: int, total: int) -> None:
    """Progress that tells nobody."""
