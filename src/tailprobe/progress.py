"""Progress of a long step, as it is reported."""

import math
from typing import Protocol, runtime_checkable


@runtime_checkable
class Progress(Protocol):
    """Called by a long step whenever a part of it is done, from one thread at a time."""

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Say that `done` of `total` units of `stage` are finished; a stage's first call has the part done before."""


def silent(stage: str, done: int, total: int) -> None:
    """Progress that is reported to nobody."""


def duration(seconds: float) -> str:
    """Return a length of time in the two units a person would use.

    >>> duration(3.2), duration(200), duration(8000), duration(200000)
    ('4 s', '3 min 20 s', '2 h 13 min', '2 d 7 h')
    """
    whole = math.ceil(seconds)
    for unit, length, smaller, part in (("d", 86400, "h", 3600), ("h", 3600, "min", 60), ("min", 60, "s", 1)):
        if whole >= length:
            return f"{whole // length} {unit} {whole % length // part} {smaller}"
    return f"{whole} s"
