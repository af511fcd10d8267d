"""The part of each row of a label table: train, validation, test, or left out."""

from collections.abc import Sequence
from dataclasses import dataclass

from tailprobe.datasets.storage.image_files import preview
from tailprobe.datasets.tables.binary import NEGATIVE, POSITIVE, binary_column
from tailprobe.datasets.tables.columns import Columns, text_of
from tailprobe.datasets.tables.options import TableOptions, flag
from tailprobe.datasets.tables.usual import PART_FLAGS, PART_NAMES, find_usual, plain
from tailprobe.errors import InputError
from tailprobe.parts import PARTS, parse_part

LEAVE_OUT = "leave-out"
_MEANINGS = (*PARTS, LEAVE_OUT)


@dataclass(frozen=True, eq=False)
class PartColumn:
    """The column of parts."""

    column: str
    parts: tuple[str, ...] | None  # (N,) "train", "validation", "test" or "leave-out"; None if it is not used
    notes: tuple[str, ...] = ()


def find_parts(columns: Columns, options: TableOptions) -> PartColumn | None:
    """Return the column of parts, None if there is none.

    It is the one the user named, else one with a common name. Its values are spellings of train, validation or test, or
    yes and no in a column such as `is_valid`. Fold numbers and the like are used only if `part_values` maps them.

    Raises:
        InputError: there is no column of that name, or a value is not a part and `part_values` does not map it.
    """
    meanings = _meanings(options.part_values)
    if options.part_column is not None:
        column = columns.given(options.part_column, "part_column")
    else:
        flags = [name for name in columns.cells if plain(name) in PART_FLAGS and _flag_parts(columns, name) is not None]
        usual = [*find_usual(columns.cells, PART_NAMES), *flags]
        if not usual:
            _refuse_meanings(columns, meanings)
            return None
        column = usual[0]
    from_flag = None if meanings else _flag_parts(columns, column)
    if from_flag is not None:
        return PartColumn(column, from_flag)
    return _of_words(columns, column, meanings, named=options.part_column is not None or bool(meanings))


def _of_words(columns: Columns, column: str, meanings: dict[str, str], *, named: bool) -> PartColumn:
    words = [text_of(cell) for cell in columns.cells[column]]
    parts = [meanings.get(word) or parse_part(word) for word in words]
    known = tuple(part for part in parts if part is not None)
    if len(known) == len(parts):
        left_out = known.count(LEAVE_OUT)
        notes = (f"{left_out:,} rows left out with {flag('part_values')} of column {column!r}",) if left_out else ()
        return PartColumn(column, known, notes)
    unknown = list(dict.fromkeys(word for word, part in zip(words, parts, strict=True) if part is None))
    if not named and not known:  # fold numbers or the like, in a column that the user did not name
        return PartColumn(column, None, (_not_used(column, unknown),))
    row = next(n for n, part in enumerate(parts) if part is None)
    form = ",".join(f"{word}={LEAVE_OUT}" for word in unknown[:5])
    more = f" ({len(unknown) - 5} more values are unknown)" if len(unknown) > 5 else ""
    raise InputError(
        f"{columns.where(row)}: {words[row]!r} in column {column!r} is not a part; expected train, validation or test: "
        f"say what it means with {flag('part_values')} '{form}'{more}, or with a part instead of {LEAVE_OUT}"
    )


def _not_used(column: str, values: Sequence[str]) -> str:
    few = sorted(values)[:3]
    form = ",".join(f"{value}={part}" for value, part in zip(few, PARTS, strict=False))
    return (
        f"column {column!r} is not used as a split: it holds {preview(list(map(repr, few)))}; to use it, say what its "
        f"values mean, e.g. {flag('part_values')} {form}"
    )


def _flag_parts(columns: Columns, column: str) -> tuple[str, ...] | None:
    """Return the parts according to a column such as `is_valid`, None for any other column."""
    if plain(column) not in PART_FLAGS:
        return None
    found = binary_column(columns.cells[column], frozenset())
    if found is None or not set(found.terms.tolist()) <= {NEGATIVE, POSITIVE}:
        return None
    yes, no = PART_FLAGS[plain(column)]
    return tuple(yes if term == POSITIVE else no for term in found.terms)


def _meanings(given: Sequence[str] | None) -> dict[str, str]:
    meanings: dict[str, str] = {}
    for text in given or ():
        value, equals, word = text.rpartition("=")
        part = LEAVE_OUT if word.strip().lower() in (LEAVE_OUT, "leave_out", "none") else parse_part(word)
        if not equals or part is None:
            raise InputError(f"{flag('part_values')} {text!r}: expected VALUE=PART, PART one of {', '.join(_MEANINGS)}")
        meanings[value.strip()] = part
    return meanings


def _refuse_meanings(columns: Columns, meanings: dict[str, str]) -> None:
    if meanings:
        raise InputError(
            f"{columns.path.name}: no column of parts for {flag('part_values')}; the header has {columns.header()}: "
            f"name one with {flag('part_column')}"
        )
