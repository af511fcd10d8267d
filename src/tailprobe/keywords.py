"""Misspelt keyword arguments, refused with a suggestion."""

import functools
import inspect
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from tailprobe.errors import InputError
from tailprobe.registry import did_you_mean

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")


def known_keywords(function: Callable[P, R]) -> Callable[P, R]:
    """Refuse keyword arguments that a function does not take, by an `InputError` that suggests the nearest name.

    >>> @known_keywords
    ... def embed(images, *, cache=None): ...
    >>> embed([], cach="x")
    Traceback (most recent call last):
    tailprobe.errors.InputError: embed takes no argument 'cach'; did you mean 'cache'? It takes: images, cache
    """
    names = [name for name in inspect.signature(function).parameters if name not in ("self", "cls")]
    shown = function.__qualname__.removesuffix(".__init__")

    @functools.wraps(function)
    def called(*args: P.args, **kwargs: P.kwargs) -> R:
        unknown = next((name for name in kwargs if name not in names), None)
        if unknown is not None:
            near = did_you_mean(unknown, names) or "."
            raise InputError(f"{shown} takes no argument {unknown!r}{near} It takes: {', '.join(names)}")
        return function(*args, **kwargs)

    return called


def known_settings(cls: type[T]) -> type[T]:
    """Refuse misspelt arguments when a class is made, as `known_keywords` does."""
    setattr(cls, "__init__", known_keywords(cls.__init__))  # noqa: B010 - a method is not assigned to otherwise
    return cls
