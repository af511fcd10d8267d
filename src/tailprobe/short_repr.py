"""A repr for dataclasses that hold arrays: shapes instead of numbers, and no fields that have their default."""

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from typing import Any, TypeVar

T = TypeVar("T")
_ONE, _ALL = 80, 240  # characters of a value, of an object


def short_repr(cls: type[T]) -> type[T]:
    """Give a dataclass a repr of at most 300 characters, in which arrays are shown by type and shape.

    >>> import numpy as np
    >>> from dataclasses import dataclass
    >>> @short_repr
    ... @dataclass
    ... class Rows:
    ...     vectors: np.ndarray
    ...     names: tuple[str, ...] = ()
    >>> Rows(np.zeros((600, 8)), ("a",) * 600), Rows(np.zeros(3))
    (Rows(vectors=float64[600, 8], names=tuple of 600), Rows(vectors=float64[3]))
    """
    setattr(cls, "__repr__", _shown)  # noqa: B010 - a method is not assigned to otherwise
    return cls


def _shown(thing: Any) -> str:  # noqa: ANN401 - any dataclass
    names = [field.name for field in fields(thing) if field.repr and not _is_left(thing, field)]
    text = ", ".join(f"{name}={_summary(getattr(thing, name))}" for name in names)
    return f"{type(thing).__name__}({text if len(text) <= _ALL else text[:_ALL] + '...'})"


def _is_left(thing: object, field: "Field[Any]") -> bool:
    """Return whether a field has its default."""
    value = getattr(thing, field.name)
    default = field.default if field.default_factory is MISSING else field.default_factory()
    return default is not MISSING and (value == default) is True  # an array gives an array


def _summary(value: object) -> str:
    """Return a text of at most 80 characters."""
    shape = getattr(value, "shape", ())
    if shape != ():
        return f"{str(getattr(value, 'dtype', '')).removeprefix('torch.')}{list(shape)}"
    if isinstance(value, tuple | list) and len(value) <= 3:
        inside = ", ".join(map(_summary, value))
        text = f"({inside}{',' if len(value) == 1 else ''})" if isinstance(value, tuple) else f"[{inside}]"
    elif isinstance(value, tuple | list | Mapping):
        text = f"{type(value).__name__} of {len(value)}"
    else:
        text = repr(value)
    return text if len(text) <= _ONE and "\n" not in text else f"{type(value).__name__}(...)"
