"""Check an option that has a fixed set of values."""

from collections.abc import Collection
from typing import Literal

from tailprobe.binding import coerce


def check_choice(option: str, value: object, known: Collection[str], *, where: str) -> str:
    """Return `value` if it is among `known`.

    Raises:
        InputError: it is not.

    >>> check_choice("preprocess", "author", ("authors", "torchvision"), where="resnet18")
    Traceback (most recent call last):
    tailprobe.errors.InputError: resnet18: preprocess is 'author'; did you mean 'authors'?
    Expected authors or torchvision
    """
    found: str = coerce(value, Literal[tuple(known)], where=f"{where}: {option}")
    return found
