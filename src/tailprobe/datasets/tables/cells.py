"""Split the cells of a column into labels."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tailprobe.datasets.tables.columns import Columns, text_of
from tailprobe.datasets.tables.lists import labels_in, looks_like_list, parse_list
from tailprobe.datasets.tables.options import TableOptions, flag
from tailprobe.datasets.tables.usual import is_singular
from tailprobe.datasets.tables.words import are_whole_names, fixed_phrases, join_phrases
from tailprobe.errors import InputError

_SEPARATORS = ",;|"


@dataclass(frozen=True, eq=False)
class SplitCells:
    """The labels of each row, and how the cells were split."""

    tags: list[list[str]]  # (N,) lists, repeats kept
    how: str  # "split at ','", "lists", "whole cells", ... ; "" where every cell is one word
    notes: tuple[str, ...] = ()


def split_cells(columns: Columns, column: str, options: TableOptions, missing: frozenset[str]) -> SplitCells:
    """Split the cells of a column into labels.

    If no separator is given, cells that are lists are used as they are. Other cells are split at the one of `,` `;` `|`
    that the column uses, or at spaces if its words combine freely. Names of several words are kept together.

    Args:
        columns: the table.
        column: the column of labels.
        options: `separator`, `kind` and `classes` are used.
        missing: words that mean no label.

    Raises:
        InputError: the column uses more than one of `,` `;` `|` and no separator is given, it is unclear whether
            spaces separate labels, or a cell is neither text, a number nor a list of them.
    """
    values = [_value(columns, n, column) for n in range(len(columns))]
    texts = [value for value in values if isinstance(value, str) and value and value not in missing]
    if options.separator is None and texts and all(map(looks_like_list, texts)):
        values = [_parsed(columns, n, column, value, missing) for n, value in enumerate(values)]
    if not any(isinstance(value, str) and value and value not in missing for value in values):
        cleaned = [_cleaned(value, missing) for value in values]
        return _of_vectors(cleaned, column, options) or SplitCells(cleaned, "lists")
    splitting = _splitting(columns, column, [value for value in values if isinstance(value, str)], options, missing)
    tags = [
        splitting.split(value) if isinstance(value, str) and value not in missing else _cleaned(value, missing)
        for value in values
    ]
    cleaned = [_cleaned(words, missing) for words in tags]
    return _of_vectors(cleaned, column, options) or SplitCells(cleaned, splitting.how, splitting.notes)


def _of_vectors(tags: list[list[str]], column: str, options: TableOptions) -> SplitCells | None:
    """Return the labels of cells such as `0,1,1,0`, a 0 or 1 for each class; None for cells of any other form."""
    widths = {len(row) for row in tags if row}
    words = {word for row in tags for word in row}
    if len(widths) != 1 or min(widths) < 2 or not words <= {"0", "1", "0.0", "1.0"}:
        return None
    width = widths.pop()
    names = [str(c) for c in range(width)] if options.classes is None else list(options.classes)
    if len(names) != width:
        raise InputError(
            f"column {column!r} holds 0 and 1 for {width} classes; expected {width} names in {flag('classes')}, "
            f"got {len(names)}"
        )
    of_rows = [[names[c] for c, word in enumerate(row) if float(word) == 1] for row in tags]
    note = f"column {column!r} holds 0 and 1 for {width} classes"
    note += "" if options.classes else f", named by number; pass their names in this order with {flag('classes')}"
    return SplitCells(of_rows, f"0 and 1 for {width} classes", (note,))


@dataclass(frozen=True)
class _Splitting:
    separator: str | None  # None for a whole cell, "" for white space
    how: str
    phrases: tuple[tuple[str, str], ...] = ()
    joint: str = " "
    notes: tuple[str, ...] = ()

    def split(self, text: str) -> list[str]:
        if self.separator is None:
            return [text]
        words = [word.strip() for word in (text.split(self.separator) if self.separator else text.split())]
        return join_phrases([word for word in words if word], dict(self.phrases), self.joint)


def _splitting(
    columns: Columns, column: str, texts: Sequence[str], options: TableOptions, missing: frozenset[str]
) -> _Splitting:
    if options.separator is not None:
        separator = options.separator if options.separator.strip() else ""
        used = any((separator or " ") in text for text in texts)
        notes = () if used else (f"no cell of column {column!r} holds the {flag('separator')} {options.separator!r}",)
        return _Splitting(separator, f"split at {options.separator!r}" if separator else "split at spaces", notes=notes)
    if options.kind == "single-label":
        return _Splitting(None, "whole cells")
    labelled = [text for text in texts if text and text not in missing]
    mark = _mark(columns, column)
    if mark is None and not any(len(text.split()) > 1 for text in labelled):
        return _Splitting("", "")
    whole = _known(labelled, mark, options.classes)
    words = _words(labelled, mark)
    whole = are_whole_names(words) if whole is None and mark != "|" else whole
    if mark is None and whole is not True and is_singular(column):
        whole = _singular(columns, column, words, whole)
    if whole:
        return _Splitting(None, f"whole cells, as the words of a name with {_shown(mark)} only occur together")
    phrases = fixed_phrases(words) if options.classes is None and mark != "|" else {}
    joint = " " if mark is None else f"{mark} " if any(f"{mark} " in text for text in labelled) else mark
    names = [joint.join(pair) for pair in phrases.items()]
    note = f"in column {column!r} {_listed(names)} taken as one name, as the words only ever occur together; pass "
    notes = (note + f"{flag('separator')} '{mark or ' '}' to split there too",) if names else ()
    return _Splitting(mark or "", f"split at {_shown(mark)}", tuple(phrases.items()), joint, notes)


def _singular(columns: Columns, column: str, words: Sequence[Sequence[str]], whole: bool | None) -> bool:
    """Return whether cells with spaces are whole names, in a column whose name suggests one label per row.

    Raises:
        InputError: some words occur both alone and in longer cells, as with the labels "dog" and "hot dog".
    """
    if whole is None and not _combine(words):
        return True
    distinct, vocabulary = len({tuple(row) for row in words}), len({word for row in words for word in row})
    if whole is False and distinct > vocabulary:
        return False
    row = next(n for n in range(len(columns)) if len(text_of(columns.cells[column][n]).split()) > 1)
    cell = text_of(columns.cells[column][row])
    raise InputError(
        f"{columns.where(row)}: {cell!r} in column {column!r} may be one class or {len(cell.split())} labels; pass "
        f"{flag('kind')} single-label, or {flag('separator')} ' ' to split at spaces"
    )


def _combine(words: Sequence[Sequence[str]]) -> bool:
    alone = {row[0] for row in words if len(row) == 1}
    return any(word in alone for row in words if len(row) > 1 for word in row)


def _known(texts: Sequence[str], mark: str | None, classes: Sequence[str] | None) -> bool | None:
    """Return whether more whole cells than split ones match the classes that the user named; None if equally many."""
    if classes is None:
        return None
    known = set(classes)
    whole = sum(text in known for text in texts)
    pieces = sum(all(word in known for word in row) for row in _words(texts, mark))
    return None if whole == pieces else whole > pieces


def _words(texts: Sequence[str], mark: str | None) -> list[list[str]]:
    return [[word.strip() for word in (text.split(mark) if mark else text.split()) if word.strip()] for text in texts]


def _mark(columns: Columns, column: str) -> str | None:
    cells = columns.cells[column]
    used = [mark for mark in _SEPARATORS if any(isinstance(cell, str) and mark in cell for cell in cells)]
    if len(used) > 1:
        n = next(n for n, cell in enumerate(cells) if isinstance(cell, str) and used[1] in cell)
        raise InputError(
            f"{columns.where(n)}: column {column!r} uses {' and '.join(used)}; pass the separator with "
            f"{flag('separator')} '{used[-1]}', or {flag('kind')} single-label if a whole cell is a class"
        )
    return used[0] if used else None


def _value(columns: Columns, n: int, column: str) -> str | list[str]:
    """Return a cell as text or as a list of labels."""
    cell: Any = columns.cells[column][n]
    if isinstance(cell, list | tuple | dict | bytes):
        found = labels_in(cell)
        if found is None:
            raise InputError(
                f"{columns.where(n)}: column {column!r} holds {type(cell).__name__}; expected labels or a list of "
                f"them: name another column with {flag('label_columns')}"
            )
        return found
    return text_of(cell)


def _parsed(columns: Columns, n: int, column: str, value: str | list[str], missing: frozenset[str]) -> str | list[str]:
    if not isinstance(value, str) or not value or value in missing:
        return value
    found = parse_list(value)
    if found is None:
        raise InputError(
            f"{columns.where(n)}: {value!r:.80} in column {column!r} is not a valid list of labels; write it as JSON, "
            '["cat", "dog"], or pass the separator with ' + flag("separator")
        )
    return found


def _cleaned(words: str | Sequence[str], missing: frozenset[str]) -> list[str]:
    """Return labels in Unicode's composed form (NFC), without blank ones and words that mean no label."""
    listed = [words] if isinstance(words, str) else words
    composed = [unicodedata.normalize("NFC", word.strip()) for word in listed]
    return [word for word in composed if word and word not in missing]


def _shown(mark: str | None) -> str:
    return "spaces" if mark is None else repr(mark)


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(map(repr, names[:3]))
    return (
        f"{shown} and {len(names) - 3} more are" if len(names) > 3 else f"{shown} {'are' if len(names) > 1 else 'is'}"
    )
