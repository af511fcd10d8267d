"""Tables in LaTeX: rules by booktabs, numbers aligned and written by siunitx, caption and label."""

import re

from tailprobe.report.tables.escape import tex
from tailprobe.report.tables.layout import SIZES, TEXT_WIDTH, Layout, layout
from tailprobe.report.tables.letters import short_pieces, width_of
from tailprobe.report.tables.printed import MISSING, Cell, Column, PrintedTable, Section

_LONGEST = 45  # lines that fit a page; a longer table continues on further pages
_DASH = "{--}"


def latex(table: PrintedTable) -> str:
    """Return a `table`, or a `longtable` if it does not fit a page, no wider than the text of an article.

    Numbers are set in columns of siunitx's type S, aligned at their decimal points; other content is set in braces.
    What is wider than the text at any size is set in landscape, and its caption says so.
    """
    fitted = layout(table)
    long = fitted.lines + len(table.sections) > _LONGEST
    packages = ["booktabs", "siunitx", "array", *["longtable"] * long, *["pdflscape"] * fitted.landscape]
    lines = (_long if long else _floating)(table, fitted)
    if fitted.landscape:
        lines = [r"\begin{landscape}", *lines, r"\end{landscape}"]
    return "\n".join([rf"% \usepackage{{{', '.join(packages)}}}", *lines]) + "\n"


_SETUP = r"\sisetup{detect-weight, retain-explicit-plus}"


def _floating(table: PrintedTable, fitted: Layout) -> list[str]:
    return [
        r"\begin{table}",
        r"\centering",
        r"\setlength{\belowcaptionskip}{6pt}",
        rf"\caption{{{_caption(table, fitted)}}}",
        rf"\label{{{table.label}}}",
        *_settings(fitted),
        rf"\begin{{tabular}}{{{_columns(table, fitted)}}}",
        r"\toprule",
        _heading(table, fitted),
        *_body(table, fitted),
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table}",
    ]


def _long(table: PrintedTable, fitted: Layout) -> list[str]:
    return [
        r"\begingroup",
        *_settings(fitted),
        r"\setlength{\LTcapwidth}{\linewidth}",
        rf"\begin{{longtable}}{{{_columns(table, fitted)}}}",
        rf"\caption{{{_caption(table, fitted)}}}\label{{{table.label}}}\\",
        r"\toprule",
        _heading(table, fitted),
        r"\midrule",
        r"\endfirsthead",
        r"\toprule",
        _heading(table, fitted),
        r"\midrule",
        r"\endhead",
        r"\bottomrule",
        r"\endfoot",
        *_body(table, fitted)[1:],
        r"\end{longtable}",
        r"\endgroup",
    ]


def _settings(fitted: Layout) -> list[str]:
    size = [SIZES[fitted.points]] if SIZES[fitted.points] else []
    return [*size, rf"\setlength{{\tabcolsep}}{{{fitted.space:g}pt}}", _SETUP]


def _caption(table: PrintedTable, fitted: Layout) -> str:
    return tex(f"{table.caption} Set in landscape." if fitted.landscape else table.caption)


def _columns(table: PrintedTable, fitted: Layout) -> str:
    columns = [
        _column(column, [row[c] for row in table.rows], width)
        for c, (column, width) in enumerate(zip(table.columns, fitted.widths, strict=True))
    ]
    return f"@{{}}{' '.join(columns)}@{{}}"


def _heading(table: PrintedTable, fitted: Layout) -> str:
    cells = []
    for column, lines in zip(table.columns, fitted.headings, strict=True):
        side = "l" if column.kind == "text" else "c"
        text = r"\\".join(tex(line) for line in lines)
        text = rf"\begin{{tabular}}[b]{{@{{}}{side}@{{}}}}{text}\end{{tabular}}" if len(lines) > 1 else text
        cells.append(text if side == "l" else f"{{{text}}}")
    return _line(cells)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _body(table: PrintedTable, fitted: Layout) -> list[str]:
    return [line for section in table.sections for line in _section(table, section, fitted)]


def _section(table: PrintedTable, section: Section, fitted: Layout) -> list[str]:
    lines = [r"\midrule"]
    if section.title:
        wide = width_of(section.title, fitted.points) > 0.6 * TEXT_WIDTH
        kind = r"@{}>{\raggedright\arraybackslash}p{\linewidth}@{}" if wide else "@{}l@{}"
        title = (_breakable if wide else tex)(_capital(section.title))
        lines.append(rf"\multicolumn{{{len(table.columns)}}}{{{kind}}}{{\textit{{{title}}}}} \\")
    return lines + [
        _line(
            [
                _cell(cell, column, wrapped=width is not None)
                for cell, column, width in zip(row, table.columns, fitted.widths, strict=True)
            ]
        )
        for row in section.rows
    ]


def _line(cells: list[str]) -> str:
    return " & ".join(cells) + r" \\"


def _cell(cell: Cell, column: Column, *, wrapped: bool) -> str:
    if cell.missing:
        return "" if column.kind == "text" else _DASH
    if isinstance(cell.value, tuple):
        low, high = (rf"\num{{{column.number(end)}}}" for end in cell.value)
        return f"{{[{low}, {high}]}}"
    if isinstance(cell.value, str):
        text = (_breakable(cell.value) if wrapped else tex(cell.value)).replace(MISSING, "--")
        text = rf"\textbf{{{text}}}" if cell.bold else text
        return text if column.kind == "text" else f"{{{text}}}"
    number = column.number(cell.value)
    return rf"\bfseries {number}" if cell.bold else number


def _breakable(text: str) -> str:
    r"""Return a text as LaTeX prints it, with the places where a line of it may end.

    >>> print(_breakable("bare_ground"), _breakable("low-frequency classes"))
    bare\_\allowbreak ground low-frequency classes
    """
    found = ""
    for piece in short_pieces(text):
        # LaTeX breaks after a blank and a hyphen by itself.
        found += (r"\allowbreak " if found and found[-1] not in " -" else "") + (tex(piece) + " " * piece.endswith(" "))
    return found


def _column(column: Column, cells: list[Cell], width: float | None) -> str:
    if column.kind == "text":
        return "l" if width is None else rf">{{\raggedright\arraybackslash}}p{{{width:.1f}pt}}"
    if column.kind == "interval":
        return "c"
    numbers = [column.number(cell.value) for cell in cells if isinstance(cell.value, float | int) and not cell.missing]
    whole = max((len(re.sub(r"[+-]|\..*", "", number)) for number in numbers), default=1)
    sign = "+" if any(number[0] in "+-" for number in numbers) else ""
    return f"S[table-format={sign}{whole}.{column.digits}]"
