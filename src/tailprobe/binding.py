"""Values from a command line, a study file or a call such as `reweight(2)`, converted to the type of an annotation.

One function, `coerce`, does this for the arguments of methods, encoders, readers, rules and for every setting, so that
a value of the wrong type gets the same error message everywhere.
"""

import math
import types
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from tailprobe.errors import InputError
from tailprobe.registry import did_you_mean

_LARGEST = 2**63 - 1  # numpy, torch and TOML hold whole numbers in 64 bits
_TRUE, _FALSE = ("true", "yes"), ("false", "no")
_SEQUENCES = (tuple, list, Sequence)
_MAPPINGS = (dict, Mapping)


def coerce(value: object, annotation: Any, *, where: str) -> Any:  # noqa: ANN401 - of the type that is asked for
    """Return `value` converted to the type of the annotation.

    Text is parsed by type: `"2"` as a whole number, `"yes"` as True, `"a, b"` as a tuple of two. Of a union, the member
    whose type the value already has is used, else the first member that can take it.

    Args:
        value: from Python, TOML or a command line. NumPy scalars count as Python's.
        annotation: bool, int, float, str, Path, None, a Literal, a union, Annotated, or a tuple, list, Sequence, dict
            or Mapping of these. Any other class accepts only its instances; Any and object accept everything.
        where: what the value belongs to, for the message, e.g. `"reweight(two): factor"`.

    Returns:
        An int of 64 bits at most, a finite float, a tuple for every sequence, a dict for every mapping.

    Raises:
        InputError: the value cannot be converted; the message says what is expected.

    >>> coerce("yes", bool, where="replace"), coerce("2", int | str, where="count"), coerce(2, float, where="factor")
    (True, '2', 2.0)
    >>> coerce("lagest", int | Literal["largest", "median"], where="oversample(lagest): count")
    Traceback (most recent call last):
    tailprobe.errors.InputError: oversample(lagest): count is 'lagest'; did you mean 'largest'?
    Expected a whole number, largest or median
    """
    try:
        return _read(_plain(value), annotation)
    except (ValueError, TypeError, OverflowError):
        near = did_you_mean(value, map(str, choices(annotation))) if isinstance(value, str) else ""
        expected = describe(annotation)
        raise InputError(f"{where} is {_shown(value)}{near or '.'} Expected {expected}") from None


def describe(annotation: Any) -> str:  # noqa: ANN401 - any annotation
    """Return in words what values an annotation allows.

    >>> describe(float | None), describe(Literal["all", "output"]), describe(tuple[int, ...])
    ('a finite number or none', 'all or output', 'whole numbers, separated by commas')
    """
    forms = list(dict.fromkeys(form for member in _members(annotation) for form in _forms(member)))
    return forms[0] if len(forms) == 1 else f"{', '.join(forms[:-1])} or {forms[-1]}"


def holds_single_values(annotation: Any) -> bool:  # noqa: ANN401 - any annotation
    """Return whether an annotation allows only single values: int, float, bool, str, None, Literal, or a union of them.

    >>> holds_single_values(int | Literal["largest"]), holds_single_values(list[int])
    (True, False)
    """
    single = (Any, None, types.NoneType, bool, int, float, str)
    return all(member in single or get_origin(member) is Literal for member in _members(annotation))


def choices(annotation: Any) -> tuple[Any, ...]:  # noqa: ANN401 - any annotation
    """Return the values of every Literal in an annotation.

    >>> choices(Literal["sigmoid", "softmax"] | None)
    ('sigmoid', 'softmax')
    """
    members = _members(annotation)
    return tuple(value for member in members if get_origin(member) is Literal for value in get_args(member))


def _read(value: Any, annotation: Any) -> Any:  # noqa: ANN401
    members = _members(annotation)
    if len(members) == 1:
        return _read_one(value, members[0])
    exact = [member for member in members if _has_type(value, member)]
    for member in [*exact, *members]:
        try:
            return _read_one(value, member)
        except (ValueError, TypeError, OverflowError):
            continue
    raise ValueError


def _read_one(value: Any, annotation: Any) -> Any:  # noqa: ANN401
    origin = get_origin(annotation) or annotation
    if annotation in (Any, object):
        return value
    if origin is Literal:
        return _one_of(value, get_args(annotation))
    if origin in _SEQUENCES:
        return _sequence(value, get_args(annotation))
    if origin in _MAPPINGS:
        return _mapping(value, get_args(annotation))
    if origin in _READERS:
        return _READERS[origin](value)
    if isinstance(origin, type) and isinstance(value, origin):
        return value
    raise TypeError


def _none(value: object) -> None:
    if not (value is None or (isinstance(value, str) and value.strip().lower() == "none")):
        raise ValueError


def _bool(value: object) -> bool:
    word = value.strip().lower() if isinstance(value, str) else value
    if isinstance(word, bool):
        return word
    if word not in (*_TRUE, *_FALSE):
        raise ValueError
    return word in _TRUE


def _int(value: object) -> int:
    number = _whole_or_real(value) if isinstance(value, str) else value
    if isinstance(number, bool) or not isinstance(number, int | float) or number != int(number):
        raise ValueError
    if abs(int(number)) > _LARGEST:
        raise OverflowError
    return int(number)


def _float(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise TypeError
    number = float(value)
    if not math.isfinite(number):
        raise ValueError
    return number


def _str(value: object) -> str:
    # In `named(1, b)` or `--read label=1` a text may look like a number.
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise TypeError
    return str(value)


def _path(value: object) -> Path:
    if not isinstance(value, str | Path):
        raise TypeError
    return Path(value)


_READERS: Mapping[Any, Callable[[Any], Any]] = {
    None: _none,
    types.NoneType: _none,
    bool: _bool,
    int: _int,
    float: _float,
    str: _str,
    Path: _path,
}
_WORDS: Mapping[Any, tuple[str, ...]] = {
    None: ("none",),
    types.NoneType: ("none",),
    bool: ("true (yes)", "false (no)"),
    int: ("a whole number",),
    float: ("a finite number",),
    str: ("text",),
    Path: ("a path",),
}
_PLURALS: Mapping[Any, str] = {int: "whole numbers", float: "finite numbers", str: "words", Path: "paths"}


def _one_of(value: object, known: Sequence[object]) -> object:
    """Return the member of a Literal that equals a value or its text; True does not equal 1."""
    for member in known:
        if type(value) is type(member) and value == member:
            return member
    for member in known:
        if isinstance(value, str) and not isinstance(member, str) and _read_one(value, type(member)) == member:
            return member
    raise ValueError


def _sequence(value: object, of: tuple[Any, ...]) -> tuple[Any, ...]:
    if isinstance(value, str):
        value = [part.strip() for part in value.split(",") if part.strip()]
    elif isinstance(value, int | float):
        value = [value]
    if not isinstance(value, Sequence):
        raise TypeError
    if not of or of[-1] is Ellipsis or len(of) == 1:
        return tuple(_read(_plain(item), of[0] if of else Any) for item in value)
    return tuple(_read(_plain(item), kind) for item, kind in zip(value, of, strict=True))


def _mapping(value: object, of: tuple[Any, ...]) -> dict[Any, Any]:
    if not isinstance(value, Mapping):
        raise TypeError
    key, item = of or (Any, Any)
    return {_read(k, key): _read(_plain(v), item) for k, v in value.items()}


def _members(annotation: Any) -> tuple[Any, ...]:  # noqa: ANN401
    """Return the members of a union, with nested unions and Annotated resolved."""
    if get_origin(annotation) is Annotated:
        return _members(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        return tuple(inner for member in get_args(annotation) for inner in _members(member))
    return (annotation,)


def _has_type(value: object, annotation: Any) -> bool:  # noqa: ANN401
    if get_origin(annotation) is Literal:
        return value in get_args(annotation)
    kind = get_origin(annotation) or annotation
    if kind is None:
        return value is None
    if kind in _SEQUENCES:
        return isinstance(value, tuple | list)
    return isinstance(kind, type) and (type(value) is kind or (kind not in _READERS and isinstance(value, kind)))


def _forms(annotation: Any) -> tuple[str, ...]:  # noqa: ANN401
    origin, of = get_origin(annotation) or annotation, get_args(annotation)
    if origin is Literal:
        return tuple(map(str, of))
    if origin in _SEQUENCES:
        many = _PLURALS.get(of[0] if of else Any, "values")
        fixed = len(of) > 1 and of[-1] is not Ellipsis
        return (f"{len(of)} {many}, separated by commas" if fixed else f"{many}, separated by commas",)
    if origin in _MAPPINGS:
        return ("names with their values",)
    return _WORDS.get(origin, (getattr(origin, "__name__", str(origin)),))


def _plain(value: Any) -> Any:  # noqa: ANN401
    """Return NumPy scalars as Python scalars, without importing NumPy, which is slow."""
    return value.item() if type(value).__module__ == "numpy" and getattr(value, "ndim", 1) == 0 else value


def _whole_or_real(text: str) -> float:
    try:
        return int(text)
    except ValueError:
        return float(text)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
