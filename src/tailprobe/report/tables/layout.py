"""How a table is made to fit the text of a page: its size of letters, and the width of each column.

The page is that of LaTeX's `article` at 10 pt. A table takes the first of `_TRIES` at which it fits, which are in the
order of what a reader would rather have; one that fits none of them is set in landscape.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tailprobe.report.tables.letters import lines_of, narrowest, width_of
from tailprobe.report.tables.printed import Cell, Column, PrintedTable

TEXT_WIDTH = 345.0  # points
_TEXT_HEIGHT = 550.0  # the width of a page in landscape
_PROSE = 40  # letters of a text that is set over as many lines as it takes
_LEAST_PROSE = 95.0  # points
_SLACK = 3.0  # points: widths are estimates
_SPACE = {10: 6.0, 9: 4.0, 8: 3.0, 7: 3.0, 5: 2.0}  # points to either side of a column
SIZES = {10: "", 9: r"\small", 8: r"\footnotesize", 7: r"\scriptsize", 5: r"\tiny"}
_TRIES = ((10, 1), (9, 1), (10, 2), (9, 2), (8, 1), (8, 2), (8, 3))
_LANDSCAPE = ((8, 1), (8, 2), (8, 3), (7, 2), (7, 4), (5, 4))  # size in points, lines of a name


@dataclass(frozen=True)
class Layout:
    """A table's size in points and, of each column, its width where its texts are wrapped, and its heading's lines."""

    points: int
    widths: tuple[float | None, ...]  # points; None for as wide as what is in it
    headings: tuple[tuple[str, ...], ...]
    lines: int  # of all rows
    landscape: bool

    @property
    def space(self) -> float:
        """Points to either side of a column."""
        return _SPACE[self.points]


def layout(table: PrintedTable) -> Layout:
    """Return the first layout that fits the text of a page, in landscape where none does upright."""
    tries = [(points, lines, TEXT_WIDTH) for points, lines in _TRIES]
    tries += [(points, lines, _TEXT_HEIGHT) for points, lines in _LANDSCAPE]
    for points, lines, inside in tries:
        tried = _Tried(table, points, lines)
        if tried.width <= inside:
            break
    return tried.layout(max(0.0, inside - tried.width), landscape=inside == _TEXT_HEIGHT)


class _Tried:
    """A table at a size of letters in points, with its names over at most so many lines."""

    def __init__(self, table: PrintedTable, points: int, lines: int) -> None:
        self.points = points
        self.texts = [[_text(row[c], column) for row in table.rows] for c, column in enumerate(table.columns)]
        columns = list(zip(table.columns, self.texts, strict=True))
        self.heads = [tuple(_heading(column, own, points)) for column, own in columns]
        self.prose = [column.kind == "text" and _is_prose(own) for column, own in columns]
        self.least = [
            _least_prose(own, points) if long else max(_needed(column, own, points, lines), _widest(head, points))
            for (column, own), head, long in zip(columns, self.heads, self.prose, strict=True)
        ]

    @property
    def width(self) -> float:
        """What the table takes at least, in points."""
        return sum(self.least) + 2 * _SPACE[self.points] * (len(self.least) - 1) + _SLACK

    def layout(self, left: float, *, landscape: bool) -> Layout:
        """Return the layout in which columns of prose share the points that are left."""
        more = left / max(1, sum(self.prose))
        widths = tuple(
            width + more * long if any(width_of(text, self.points) > width for text in own) else None
            for width, own, long in zip(self.least, self.texts, self.prose, strict=True)
        )
        rows = _rows(self.texts, widths, self.points)
        return Layout(self.points, widths, tuple(self.heads), rows, landscape)


def _is_prose(texts: list[str]) -> bool:
    return any(len(text) > _PROSE and text.count(" ") > 3 for text in texts)


def _least_prose(texts: list[str], points: int) -> float:
    """Return the width at which the longest text takes four lines, or more lines of what is readable."""
    return max(_LEAST_PROSE * points / 10, min(max(width_of(text, points) for text in texts) / 4, TEXT_WIDTH / 2))


def _needed(column: Column, texts: list[str], points: int, lines: int) -> float:
    allowed = lines if column.kind == "text" else 1
    return max((narrowest(text, points, lines=allowed) for text in set(texts)), default=0.0)


def _rows(texts: list[list[str]], widths: tuple[float | None, ...], points: int) -> int:
    heights = [
        [1 if width is None else len(lines_of(text, width, points)) for text in own]
        for own, width in zip(texts, widths, strict=True)
    ]
    return sum(max(row) for row in zip(*heights, strict=True))


def _heading(column: Column, texts: list[str], points: int) -> list[str]:
    """Return the lines of a heading: no wider than what is below it, or than its longest word."""
    words = column.heading[:1].upper() + column.heading[1:]
    below = min(_LEAST_PROSE * points / 10, max((width_of(text, points) for text in texts), default=0.0))
    lines, width = [""], max(below, *(width_of(word, points) for word in words.split()))
    for word in words.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and width_of(longer, points) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def _widest(lines: Sequence[str], points: int) -> float:
    return max(width_of(line, points) for line in lines)


def _text(cell: Cell, column: Column) -> str:
    """Return a cell about as it is printed; what is bold is wider."""
    if cell.missing:
        return "–"
    if isinstance(cell.value, tuple):
        return "[" + ", ".join(column.number(end) for end in cell.value).replace("-", "−") + "]"
    text = cell.value if isinstance(cell.value, str) else column.number(cell.value).replace("-", "−")
    if not isinstance(cell.value, str) and abs(cell.value) >= 10_000:
        text += "," * (len(str(int(cell.value))) // 4)  # siunitx sets thousands apart
    return f"{text}{'0' * (1 + len(text) // 8)}" if cell.bold else text
