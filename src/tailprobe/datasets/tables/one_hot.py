"""Labels from binary columns, one per class."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int8

from tailprobe.datasets.tables.binary import (
    BLANK,
    MINUS_ONE,
    NEGATIVE,
    POSITIVE,
    BinaryColumn,
    minus_one_is_negative,
)
from tailprobe.datasets.tables.columns import Columns
from tailprobe.datasets.tables.options import OnUnclear, TableOptions, flag
from tailprobe.errors import InputError

_MEANS = {"negative": NEGATIVE, "positive": POSITIVE}
_UNKNOWN = 4  # a cell to ignore


@dataclass(frozen=True, eq=False)
class OneHotTags:
    """The labels of N rows."""

    tags: list[list[str]]  # (N,)
    unknown: list[list[str]] | None  # (N,) classes whose cells are ignored; None if no cell is
    kept: list[int]  # indices of the rows that are kept
    notes: tuple[str, ...]


def one_hot_tags(columns: Columns, one_hot: Mapping[str, BinaryColumn], options: TableOptions) -> OneHotTags:
    """Return the labels of every row.

    -1 is negative if the columns hold only 1 and -1, otherwise uncertain. Blank cells are negative if the columns hold
    no other negative value. A row with only blank cells is unlabelled. Ignored cells are neither positive nor negative:
    the image does not count for that class. Rows in which every cell is ignored are left out. In a single-label table
    a positive cell implies negatives for all other classes, so no label is unknown.

    Raises:
        InputError: cells are uncertain, or blank in columns of 0 and 1, and no option says what they mean; or a class
            with ignored cells has no negatives.
    """
    terms = np.stack([column.terms for column in one_hot.values()], axis=1)
    notes: tuple[str, ...] = ()
    unlabelled = (terms == BLANK).all(axis=1)
    if minus_one_is_negative(list(one_hot.values())):
        terms = np.where(terms == MINUS_ONE, NEGATIVE, terms)
    implied = options.blank == "error" and not (terms[~unlabelled] == NEGATIVE).any()
    blank: OnUnclear = "negative" if implied else options.blank
    _refuse_unclear(columns, list(one_hot), terms, unlabelled, options.uncertain, blank)
    left_out = np.zeros(len(terms), dtype=bool)
    for term, policy, name in ((MINUS_ONE, options.uncertain, "uncertain"), (BLANK, blank, "blank")):
        unclear = (terms == term) & ~unlabelled[:, None]
        if unclear.any():
            terms, out, note = _apply(terms, unclear, policy, name)
            left_out |= out
            notes += (note,)
    nothing = (terms == _UNKNOWN).all(axis=1)
    if blank == "ignore" and options.unlabelled == "auto":
        nothing |= unlabelled
    notes += _note_without_labels(nothing & ~left_out)
    left_out |= nothing
    kept = [int(n) for n in np.flatnonzero(~left_out)]
    if not kept:
        raise InputError(
            f"{columns.path.name}: every row has an uncertain or blank cell, so no row is left; pass "
            f"negative or positive to {flag('uncertain')} and {flag('blank')}"
        )
    masked = options.kind != "single-label" and bool((terms[kept] == _UNKNOWN).any())
    if masked:
        _refuse_without_negatives(columns, list(one_hot), terms[kept])
    return OneHotTags(
        _named(terms == POSITIVE, one_hot), _named(terms == _UNKNOWN, one_hot) if masked else None, kept, notes
    )


def _named(marked: Bool[np.ndarray, "N C"], one_hot: Mapping[str, BinaryColumn]) -> list[list[str]]:
    classes = list(one_hot)
    return [[classes[c] for c in np.flatnonzero(row)] for row in marked]


def _note_without_labels(rows: Bool[np.ndarray, " N"]) -> tuple[str, ...]:
    return (f"{int(rows.sum()):,} rows left out, as no label of theirs is known",) if rows.any() else ()


def _refuse_without_negatives(columns: Columns, classes: list[str], terms: Int8[np.ndarray, "N C"]) -> None:
    """Refuse a class without known negatives: every ranking of its images would be perfect."""
    without = np.flatnonzero((terms == POSITIVE).any(axis=0) & ~(terms == NEGATIVE).any(axis=0))
    if len(without):
        raise InputError(
            f"{columns.path.name}: column {classes[without[0]]!r} has no 0 apart from the ignored cells, so no image "
            f"is known not to carry the class; pass {flag('blank')} negative, or {flag('drop_class')} "
            f"{classes[without[0]]!r}"
        )


def _apply(
    terms: Int8[np.ndarray, "N C"], unclear: Bool[np.ndarray, "N C"], policy: OnUnclear, name: str
) -> tuple[Int8[np.ndarray, "N C"], Bool[np.ndarray, " N"], str]:
    cells = f"{int(unclear.sum()):,} {name} cells"
    if policy == "ignore":
        ignored: Int8[np.ndarray, "N C"] = np.where(unclear, _UNKNOWN, terms).astype(np.int8)
        return ignored, np.zeros(len(terms), dtype=bool), f"{cells} ignored: their images do not count for the class"
    if policy in _MEANS:
        filled: Int8[np.ndarray, "N C"] = np.where(unclear, _MEANS[policy], terms).astype(np.int8)
        return filled, np.zeros(len(terms), dtype=bool), f"{cells} read as {policy}"
    rows = np.asarray(unclear.any(axis=1))
    return terms, rows, f"{int(rows.sum()):,} rows left out because of {cells}"


def _refuse_unclear(
    columns: Columns,
    classes: list[str],
    terms: Int8[np.ndarray, "N C"],
    unlabelled: Bool[np.ndarray, " N"],
    uncertain: OnUnclear,
    blank: OnUnclear,
) -> None:
    unclear = {
        "uncertain": (terms == MINUS_ONE) if uncertain == "error" else np.zeros_like(terms, dtype=bool),
        "blank": (terms == BLANK) & ~unlabelled[:, None] if blank == "error" else np.zeros_like(terms, dtype=bool),
    }
    found = {name: cells for name, cells in unclear.items() if cells.any()}
    if not found:
        return
    name, cells = next(iter(found.items()))
    row, column = np.argwhere(cells)[0]
    holds = "-1, an uncertain label," if name == "uncertain" else "a blank cell"
    counts = " and ".join(f"{int(cells.sum()):,} {name} cells" for name, cells in found.items())
    fix = " ".join(f"{flag(name)} negative" for name in found)
    raise InputError(
        f"{columns.where(int(row))}: column {classes[column]!r} holds {holds} in addition to 0 and 1 ({counts} in "
        f"total); say what it means: {fix}, or ignore (for that class only), positive, or leave-out (the whole row)"
    )
