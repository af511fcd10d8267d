"""Tables in long form with a column that says whether a row's label applies, as `Confidence` of Open Images."""

from collections.abc import Sequence

from tailprobe.datasets.tables.binary import MINUS_ONE, NEGATIVE, POSITIVE, BinaryColumn, binary_column
from tailprobe.datasets.tables.columns import Columns, text_of
from tailprobe.datasets.tables.usual import PRESENCE_NAMES, find_usual


def find_presence(columns: Columns, image: str, ignored: Sequence[str], missing: frozenset[str]) -> str | None:
    """Return the column that says whether the label of a row applies; None if there is none.

    It has a common name, such as `present` or `confidence`, its cells are yes or no with at least one of each, and
    images are in several rows.
    """
    images = columns.cells[image]
    if len({text_of(cell) for cell in images}) == len(images):
        return None
    named = find_usual(ignored, PRESENCE_NAMES)
    return next((name for name in named if _says_both(binary_column(columns.cells[name], missing))), None)


def only_present(
    columns: Columns, presence: str | None, tags: list[list[str]], missing: frozenset[str]
) -> tuple[list[list[str]], tuple[str, ...]]:
    """Return the tags of each row, none where the label does not apply, and a note.

    Args:
        columns: the table of N rows.
        presence: the column from `find_presence`.
        tags: (N,) labels of each row.
        missing: words that mean no value.
    """
    column = None if presence is None else binary_column(columns.cells[presence], missing)
    if column is None:
        return tags, ()
    applies = column.terms == POSITIVE
    note = (
        f"column {presence!r} says which labels apply: {int((~applies).sum()):,} of {len(applies):,} rows name a label "
        "that their image does not have"
    )
    return [row if here else [] for row, here in zip(tags, applies, strict=True)], (note,)


def _says_both(column: BinaryColumn | None) -> bool:
    return column is not None and column.has(POSITIVE) and column.has(NEGATIVE) and not column.has(MINUS_ONE)
