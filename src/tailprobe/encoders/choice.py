"""Check an option that has a fixed set of values."""

from collections.abc import Collection

from tailprobe.errors import InputError
from tailprobe.registry import did_you_mean


def check_choice(option: str, value: object, known: Collection[str], *, where: str) -> str:
    """Return `value` if it is among `known`.

    Raises:
        InputError: it is not.

    >>> check_choice("preprocess", "author", ("authors", "torchvision"), where="resnet18")
    Traceback (most recent call last):
    tailprobe.errors.InputError: resnet18: preprocess is 'author'; did you mean 'authors'?
    Expected authors or torchvision
    """
    if isinstance(value, str) and value in known:
        return value
    near = did_you_mean(str(value), known) or "."
    raise InputError(f"{where}: {option} is {value!r}{near} Expected {' or '.join(known)}")
