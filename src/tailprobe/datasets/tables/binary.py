"""Binary columns: each says for one class whether the image carries it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Int8

from tailprobe.datasets.tables.columns import text_of

NEGATIVE, POSITIVE, MINUS_ONE, BLANK = 0, 1, 2, 3  # the value of a cell for the class of its column
_WORDS: Mapping[str, Mapping[str, int]] = {
    "true and false": {"true": POSITIVE, "false": NEGATIVE, "t": POSITIVE, "f": NEGATIVE},
    "yes and no": {"yes": POSITIVE, "no": NEGATIVE, "y": POSITIVE, "n": NEGATIVE},
    "marks": {"x": POSITIVE, "✓": POSITIVE, "✔": POSITIVE},
}
_NUMBERS = {0.0: NEGATIVE, 1.0: POSITIVE, -1.0: MINUS_ONE}


@dataclass(frozen=True, eq=False)
class BinaryColumn:
    """A column whose cells are all positive, negative, uncertain or blank."""

    words: str  # how its values are written: "1 and 0", "yes and no", ...
    terms: Int8[np.ndarray, " N"]  # NEGATIVE, POSITIVE, MINUS_ONE or BLANK

    def has(self, term: int) -> bool:
        """Return whether any cell is `term`."""
        return bool((self.terms == term).any())


def binary_column(cells: Sequence[Any], missing: frozenset[str]) -> BinaryColumn | None:
    """Return a column as binary values; None if it holds anything else, or only blanks.

    Args:
        cells: (N,) cells of the column.
        missing: words that count as blank.

    >>> binary_column(["1", " 0", "", "-1.0"], frozenset()).terms.tolist()
    [1, 0, 3, 2]
    >>> binary_column(["1", "2"], frozenset()) is None
    True
    """
    texts = [text_of(cell) for cell in cells]
    distinct = {text for text in set(texts) if text and text not in missing}
    if not distinct or len(distinct) > 8:
        return None
    marked = "" in texts or bool(missing & set(texts))  # a column of marks is binary only if some cells are blank
    for words, code in (("1 and 0", _numbers(distinct)), *((name, _words(distinct, name)) for name in _WORDS)):
        if code is not None and (words != "marks" or marked):
            return BinaryColumn(words, np.array([code.get(text, BLANK) for text in texts], dtype=np.int8))
    return None


def minus_one_is_negative(columns: Sequence[BinaryColumn]) -> bool:
    """Return whether -1 means negative: some column holds it, and none holds 0 or a blank cell."""
    return any(column.has(MINUS_ONE) for column in columns) and not any(
        column.has(NEGATIVE) or column.has(BLANK) for column in columns
    )


def _numbers(distinct: set[str]) -> dict[str, int] | None:
    code = {}
    for text in distinct:
        try:
            code[text] = _NUMBERS[float(text)]
        except (ValueError, KeyError):
            return None
    return code


def _words(distinct: set[str], name: str) -> dict[str, int] | None:
    known = _WORDS[name]
    code = {text: known[text.casefold()] for text in distinct if text.casefold() in known}
    return code if len(code) == len(distinct) else None
