"""Parse cells that hold a list of labels as text, as Python, JSON, NumPy or Label Studio write it."""

import ast
import json
import re
from collections.abc import Mapping
from typing import Any

from tailprobe.datasets.tables.columns import text_of

_OPENING, _CLOSING = "[({", "])}"
_QUOTED = re.compile(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"")


def looks_like_list(text: str) -> bool:
    """Return whether a cell is enclosed in brackets, as a list, tuple, set or object is."""
    text = text.strip()
    return len(text) > 1 and text[0] in _OPENING and text[-1] == _CLOSING[_OPENING.index(text[0])]


def parse_list(text: str) -> list[str] | None:
    r"""Return the labels of a cell that is written as a list, None if it cannot be parsed.

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
        if found is not None and not _concatenated(text, found):
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


def labels_in(value: Any) -> list[str] | None:  # noqa: ANN401 - a cell may hold any object
    """Return the labels of a list or of Label Studio's `{"choices": [...]}`; None for anything else."""
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


def _concatenated(text: str, found: list[str]) -> bool:
    """Return whether Python concatenated adjacent string literals, as in NumPy's `['a' 'b']`."""
    return text[0] == "[" and len(_QUOTED.findall(text)) > len(found) > 0
