"""Tables for papers and spreadsheets: CSV, Parquet, LaTeX (booktabs) and Markdown of each."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from tailprobe.files import make_folder, write_whole

Escape = Callable[..., str]
FORMATS = ("csv", "parquet", "tex", "md")
# What means something to LaTeX, and what to Markdown inside a cell.
_TEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
}  # fmt: skip
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>|#~])")


def write_tables(tables: Mapping[str, pd.DataFrame], folder: Path) -> list[Path]:
    """Write each table in each format, `folder/<name>.<format>`; a file appears whole or not at all.

    Numbers in LaTeX and Markdown have three decimals, in CSV and Parquet all. Names are text: nothing in them is markup
    afterwards, and in CSV none is taken for a formula by a spreadsheet.

    Raises:
        InputError: the folder cannot be made or written to.
    """
    written = []
    make_folder(folder)
    for name, table in tables.items():
        for form in FORMATS:
            path = folder / f"{name}.{form}"
            with write_whole(path) as partial:
                _write(table, partial, form)
            written.append(path)
    return written


def _write(table: pd.DataFrame, path: Path, form: str) -> None:
    if form == "parquet":
        table.to_parquet(path, index=False)
    elif form == "csv":
        _text(table, _without_formula, number=repr).to_csv(path, index=False, lineterminator="\n")
    else:
        path.write_text(latex(table) if form == "tex" else markdown(table), encoding="utf-8")


def latex(table: pd.DataFrame) -> str:
    r"""Return a `tabular` with the rules of booktabs.

    >>> print(latex(pd.DataFrame({"class_name": ["a_b"], "value": [0.25]})), end="")
    \begin{tabular}{lr}
    \toprule
    class\_name & value \\
    \midrule
    a\_b & 0.250 \\
    \bottomrule
    \end{tabular}
    """
    columns = "".join("r" if pd.api.types.is_numeric_dtype(table[name]) else "l" for name in table.columns)
    rows = [[_tex(str(name)) for name in table.columns], *_text(table, _tex).to_numpy().tolist()]
    lines = [" & ".join(row) + r" \\" for row in rows]
    body = [r"\toprule", lines[0], r"\midrule", *lines[1:], r"\bottomrule"]
    return "\n".join([rf"\begin{{tabular}}{{{columns}}}", *body, r"\end{tabular}"]) + "\n"


def markdown(table: pd.DataFrame) -> str:
    r"""Return a table of GitHub's Markdown.

    >>> print(markdown(pd.DataFrame({"class": ["a|b"], "value": [0.25]})), end="")
    | class | value |
    |---|---:|
    | a\|b | 0.250 |
    """
    ends = ["---:" if pd.api.types.is_numeric_dtype(table[name]) else "---" for name in table.columns]
    rows = _text(table, _plain).to_numpy().tolist()
    lines = [[_plain(str(name)) for name in table.columns], ends, *rows]
    return "".join(f"|{'|'.join(row)}|\n" if row is ends else f"| {' | '.join(row)} |\n" for row in lines)


def _text(table: pd.DataFrame, escape: Escape, *, number: Escape | None = None) -> pd.DataFrame:
    """Return every cell as text: names escaped, numbers with three decimals or by `number`, nothing where undefined.

    What rounds to zero has no sign.
    """

    def cell(value: object) -> str:
        if isinstance(value, float | np.floating):
            return "" if np.isnan(value) else (number(float(value)) if number else f"{value:z.3f}")
        return escape(" ".join(str(value).split())) if isinstance(value, str) else str(value)

    return pd.DataFrame({name: [cell(value) for value in table[name]] for name in table.columns}, dtype=object)


def _tex(text: str) -> str:
    return "".join(_TEX.get(letter, letter) for letter in text)


def _plain(text: str) -> str:
    return _MARKDOWN.sub(r"\\\1", text)


def _without_formula(text: str) -> str:
    # A spreadsheet takes a cell that begins so for a formula; an apostrophe before it makes it text.
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
