"""Cache results of a run that figures and page share."""

from collections.abc import Callable
from functools import wraps
from typing import TypeVar
from weakref import WeakKeyDictionary

from tailprobe.runs.run import Run

T = TypeVar("T")


def cached_per_run(compute: Callable[[Run], T]) -> Callable[[Run], T]:
    """Keep what a function gives of a run as long as the run is there; nobody may change it."""
    known: WeakKeyDictionary[Run, T] = WeakKeyDictionary()

    @wraps(compute)
    def computed(run: Run) -> T:
        if run not in known:
            known[run] = compute(run)
        return known[run]

    return computed
