"""Ranges of the arguments of methods."""

from tailprobe.errors import InputError


def check_range(value: float, low: float, high: float, *, what: str) -> None:
    """Refuse a value outside [low, high]; the upper bounds in use keep float32 from overflowing in training.

    Args:
        value: finite.
        low: the least value allowed.
        high: the greatest.
        what: method and argument, e.g. `"focal: gamma"`.

    Raises:
        InputError: it lies outside.

    >>> check_range(-1.0, 0, 100, what="focal: gamma")
    Traceback (most recent call last):
    tailprobe.errors.InputError: focal: gamma is -1; expected 0 to 100
    """
    if not low <= value <= high:
        raise InputError(f"{what} is {value:g}; expected {low:g} to {high:g}")
