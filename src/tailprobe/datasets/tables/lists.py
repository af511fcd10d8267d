"""Cells that hold a list of labels as text: Python's, JSON's, NumPy's, Label Studio's."""

import ast
import json
import re
from collections.abc import Mapping
from typing import Any

from tailprobe.datasets.tables.columns import text_of

_OPENING, _CLOSING = "[({", "])}"
_QUOTED = re.compile(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"")


def looks_like_list(text: str) -> bool:
    """Return whether a cell is written as a list, a tuple, a set or an object."""
    text = text.strip()
    return len(text) > 1 and text[0] in _OPENING and text[-1] == _CLOSING[_OPENING.index(text[0])]


def parse_list(text: str) -> list[str] | None:
    r"""Return the labels of a cell that is written as a list, None where it cannot be read as one.

    >>> parse_list("['cat', 'dog']"), parse_list('["cat"]'), parse_list("['cat' 'dog']"), parse_list("{'a': 1}")
    (['cat', 'dog'], ['cat'], ['cat', 'dog'], None)
    >>> parse_list('{"choices": ["cat", "dog"]}'), parse_list("[cat, dog]"), parse_list("[]")
    (['cat', 'dog'], ['cat', 'dog'], [])
    """
    text = text.strip()
    for parse in (json.loads, ast.literal_eval):
        try:
            found = labels_in(parse(text))
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            continue
        if found is not None and not _glued(text, found):
            return found
    if text[0] != "[":
        return None
    quoted = [one or other for one, other in _QUOTED.findall(text)]
    if quoted:
        return quoted  # NumPy writes arrays without commas
    words = text[1:-1].split()
    if "," not in text and all(re.fullmatch(r"-?\d+\.?\d*", word) for word in words):
        return [word.removesuffix(".") for word in words]  # NumPy's numbers
    return [word.strip() for word in text[1:-1].split(",") if word.strip()]


def labels_in(value: Any) -> list[str] | None:  # noqa: ANN401 - whatever a cell holds
    """Return the labels of a list or of Label Studio's `{"choices": [...]}`; None of anything else."""
    if isinstance(value, Mapping):
        return labels_in(value["choices"]) if "choices" in value else None
    if isinstance(value, str):
        return [value.strip()]
    if isinstance(value, list | tuple | set):
        items = sorted(value, key=str) if isinstance(value, set) else value
        return None if any(isinstance(item, list | tuple | Mapping | bytes) for item in items) else _words(items)
    return None


def _words(items: Any) -> list[str]:  # noqa: ANN401
    return [word for item in items if (word := text_of(item))]


def _glued(text: str, found: list[str]) -> bool:
    """Return whether Python joined neighbouring strings, as it does with NumPy's `['a' 'b']`."""
    return text[0] == "[" and len(_QUOTED.findall(text)) > len(found) > 0
