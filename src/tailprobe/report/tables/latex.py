"""Tables in LaTeX: rules by booktabs, numbers aligned and written by siunitx, caption and label."""

import re

from tailprobe.report.tables.escape import tex
from tailprobe.report.tables.printed import MISSING, Cell, Column, PrintedTable, Section

_LONGEST = 45  # rows that fit a page; a longer table continues on further pages
_WIDEST = 40  # letters of a column that is not wrapped
_WRAPPED = r"p{0.35\linewidth}"
_DASH = "{--}"


def latex(table: PrintedTable) -> str:
    """Return a `table`, or a `longtable` if it does not fit a page.

    Numbers are set in columns of siunitx's type S, aligned at their decimal points; other content is set in braces.
    """
    long = len(table.rows) + len(table.sections) > _LONGEST
    columns = " ".join(_column(column, [row[c] for row in table.rows]) for c, column in enumerate(table.columns))
    packages = "booktabs, siunitx" + (", longtable" if long else "")
    lines = [rf"% \usepackage{{{packages}}}", *(_long if long else _floating)(table, columns)]
    return "\n".join(lines) + "\n"


_SETUP = r"\sisetup{detect-weight, retain-explicit-plus}"


def _floating(table: PrintedTable, columns: str) -> list[str]:
    return [
        r"\begin{table}",
        r"\centering",
        _SETUP,
        rf"\caption{{{tex(table.caption)}}}",
        rf"\label{{{table.label}}}",
        rf"\begin{{tabular}}{{{columns}}}",
        r"\toprule",
        _heading(table),
        *_body(table),
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table}",
    ]


def _long(table: PrintedTable, columns: str) -> list[str]:
    return [
        r"\begingroup",
        _SETUP,
        rf"\begin{{longtable}}{{{columns}}}",
        rf"\caption{{{tex(table.caption)}}}\label{{{table.label}}}\\",
        r"\toprule",
        _heading(table),
        r"\midrule",
        r"\endfirsthead",
        r"\toprule",
        _heading(table),
        r"\midrule",
        r"\endhead",
        r"\bottomrule",
        r"\endfoot",
        *_body(table)[1:],
        r"\end{longtable}",
        r"\endgroup",
    ]


def _heading(table: PrintedTable) -> str:
    names = [(tex(_capital(column.heading)), column.kind) for column in table.columns]
    return _line([name if kind == "text" else f"{{{name}}}" for name, kind in names])


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _body(table: PrintedTable) -> list[str]:
    return [line for section in table.sections for line in _section(table, section)]


def _section(table: PrintedTable, section: Section) -> list[str]:
    lines = [r"\midrule"]
    if section.title:
        lines.append(rf"\multicolumn{{{len(table.columns)}}}{{l}}{{\textit{{{tex(_capital(section.title))}}}}} \\")
    return lines + [
        _line([_cell(cell, column) for cell, column in zip(row, table.columns, strict=True)]) for row in section.rows
    ]


def _line(cells: list[str]) -> str:
    return " & ".join(cells) + r" \\"


def _cell(cell: Cell, column: Column) -> str:
    if cell.missing:
        return "" if column.kind == "text" else _DASH
    if isinstance(cell.value, tuple):
        low, high = (rf"\num{{{column.number(end)}}}" for end in cell.value)
        return f"{{[{low}, {high}]}}"
    if isinstance(cell.value, str):
        text = tex(cell.value).replace(MISSING, "--")
        text = rf"\textbf{{{text}}}" if cell.bold else text
        return text if column.kind == "text" else f"{{{text}}}"
    number = column.number(cell.value)
    return rf"\bfseries {number}" if cell.bold else number


def _column(column: Column, cells: list[Cell]) -> str:
    if column.kind == "text":
        return _WRAPPED if any(len(str(cell.value)) > _WIDEST for cell in cells) else "l"
    if column.kind == "interval":
        return "c"
    numbers = [column.number(cell.value) for cell in cells if isinstance(cell.value, float | int) and not cell.missing]
    whole = max((len(re.sub(r"[+-]|\..*", "", number)) for number in numbers), default=1)
    sign = "+" if any(number[0] in "+-" for number in numbers) else ""
    return f"S[table-format={sign}{whole}.{column.digits}]"
