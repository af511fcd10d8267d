"""A conformance check: a method, an independent statement of its formula, and the largest deviation between both."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """One row of the table."""

    method: str  # registered name
    statement: str  # what it is held against
    deviation: Callable[[], float]  # the largest, computed anew
    tolerance: float


CHECKS: list[Check] = []


def check(
    method: str, statement: str, *, tolerance: float = 1e-9
) -> Callable[[Callable[[], float]], Callable[[], float]]:
    """Register the decorated function, which returns the largest deviation, as a check of `method`."""

    def register(deviation: Callable[[], float]) -> Callable[[], float]:
        CHECKS.append(Check(method, statement, deviation, tolerance))
        return deviation

    return register
