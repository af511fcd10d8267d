"""Progress reports of long steps."""

import math
from typing import Protocol, runtime_checkable


@runtime_checkable
class Progress(Protocol):
    """A callback that a long step calls whenever some of it is done, from one thread at a time."""

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Report `done` of `total` units of `stage`; the first call of a stage has the units that were done before."""


def silent(stage: str, done: int, total: int) -> None:
    """Ignore the report: a `Progress` that shows nothing."""


def duration(seconds: float) -> str:
    """Return a duration as text, in its two largest units, rounded up to seconds.

    >>> duration(3.2), duration(200), duration(8000), duration(200000)
    ('4 s', '3 min 20 s', '2 h 13 min', '2 d 7 h')
    """
    whole = math.ceil(seconds)
    for unit, length, smaller, part in (("d", 86400, "h", 3600), ("h", 3600, "min", 60), ("min", 60, "s", 1)):
        if whole >= length:
            return f"{whole // length} {unit} {whole % length // part} {smaller}"
    return f"{whole} s"
