"""Tables in GitHub's Markdown."""

from tailprobe.report.tables.escape import markdown as escaped
from tailprobe.report.tables.printed import MISSING, Cell, Column, PrintedTable, Section


def markdown(table: PrintedTable) -> str:
    """Return the caption and the table; titles of sections are rows of their own."""
    ends = ["---" if column.kind == "text" else "---:" for column in table.columns]
    lines = [_line([escaped(column.heading) for column in table.columns]), f"|{'|'.join(ends)}|"]
    for section in table.sections:
        lines += _section(table, section)
    return "\n".join([escaped(table.caption), "", *lines]) + "\n"


def _section(table: PrintedTable, section: Section) -> list[str]:
    title = [_line([f"**{escaped(section.title)}**", *[""] * (len(table.columns) - 1)])] if section.title else []
    return title + [
        _line([_cell(cell, column) for cell, column in zip(row, table.columns, strict=True)]) for row in section.rows
    ]


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(cell: Cell, column: Column) -> str:
    if cell.missing:
        return "" if column.kind == "text" else MISSING
    if isinstance(cell.value, tuple):
        text = " to ".join(_number(column, end) for end in cell.value)
    elif isinstance(cell.value, str):
        text = escaped(cell.value)
    else:
        text = _number(column, cell.value)
    return f"**{text}**" if cell.bold else text


def _number(column: Column, value: float) -> str:
    whole, point, decimals = column.number(value).replace("-", "−").partition(".")
    sign, digits = (whole[0], whole[1:]) if whole[0] in "+−" else ("", whole)
    return f"{sign}{int(digits):,}{point}{decimals}"
