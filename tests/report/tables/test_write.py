"""Tables as files: the same numbers in every format, and names that stay names."""

from pathlib import Path

import numpy as np
import pandas as pd

from tailprobe.report.tables.latex import latex
from tailprobe.report.tables.markdown import markdown
from tailprobe.report.tables.plain import plain
from tailprobe.report.tables.printed import Cell, Column, PrintedTable, Section
from tailprobe.report.tables.write import FORMATS, Table, write_tables

TABLE = pd.DataFrame(
    {
        "class_name": ["mine", "=1+1", "a|b <b>", r"50% & \input{x} $y$ #_^~", "two\nlines"],
        "value": [0.123456789, np.nan, 1.0, -0.5, 0.0],
        "count": [1, 2, 3, 4, 12345],
    }
)
PRINTED = plain(TABLE, caption="Some 50% of it.", label="tab:classes")


def test_every_table_is_there_in_every_format(tmp_path: Path) -> None:
    written = write_tables({"classes": Table(TABLE, PRINTED)}, tmp_path / "tables")
    assert {path.name for path in written} == {f"classes.{form}" for form in FORMATS}
    assert {path.name for path in (tmp_path / "tables").iterdir()} == {path.name for path in written}


def test_csv_and_parquet_read_back_to_the_last_digit(tmp_path: Path) -> None:
    write_tables({"classes": Table(TABLE, PRINTED)}, tmp_path)
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "classes.parquet"), TABLE)
    back = pd.read_csv(tmp_path / "classes.csv")
    np.testing.assert_array_equal(back["value"], TABLE["value"])
    assert back["class_name"][1] == "'=1+1"  # no formula in a spreadsheet


def test_markdown_has_a_row_a_row_and_a_cell_a_cell() -> None:
    caption, _, *lines = markdown(PRINTED).splitlines()
    assert caption == "Some 50% of it."
    assert len(lines) == 2 + len(TABLE)
    assert all(line.replace(r"\|", "").count("|") == 4 for line in lines)
    assert lines[2] == "| mine | 0.123 | 1 |"
    assert lines[4] == r"| a\|b \<b\> | 1.000 | 3 |"
    assert lines[6] == "| two lines | 0.000 | 12,345 |"


def test_latex_escapes_what_means_something_to_it() -> None:
    lines = latex(PRINTED).splitlines()
    assert r"50\% \& \textbackslash{}input\{x\} \$y\$ \#\_\textasciicircum{}\textasciitilde{} & -0.500 & 4 \\" in lines
    assert r"Class & {Mean} & {Count} \\" in lines
    assert r"\begin{tabular}{@{}l S[table-format=+1.3] S[table-format=5.0]@{}}" in lines
    assert r"=1+1 & {--} & 2 \\" in lines


def test_whole_numbers_have_no_decimals_whatever_they_are_stored_as() -> None:
    costs = plain(pd.DataFrame({"steps": [580.0], "seconds": [1.25], "steps_times": [1.5]}), caption="", label="")
    assert markdown(costs).splitlines()[-1] == "| 580 | 1.2 | 1.50 |"
    assert latex(costs).splitlines()[-4] == r"580 & 1.2 & 1.50 \\"


def test_what_rounds_to_zero_has_no_sign() -> None:
    table = plain(pd.DataFrame({"difference": [-0.0001]}), caption="", label="")
    assert markdown(table).splitlines()[-1] == "| 0.000 |"
    assert latex(table).splitlines()[-4] == r"0.000 \\"


def test_intervals_bold_numbers_and_sections_are_written_in_both_formats() -> None:
    columns = (Column("method"), Column("gain", "number", 2, signed=True), Column("interval", "interval", 2))
    rows = ((Cell("a"), Cell(0.25, bold=True), Cell((-0.1, 0.6))), (Cell("b"), Cell(float("nan")), Cell((0.0, 1.0))))
    table = PrintedTable(columns, (Section("rare_ones", rows),), "", "tab:x")
    assert markdown(table).splitlines()[-3:] == [
        r"| **rare\_ones** |  |  |",
        "| a | **+0.25** | −0.10 to 0.60 |",
        "| b | – | 0.00 to 1.00 |",
    ]
    lines = latex(table).splitlines()
    assert r"\multicolumn{3}{@{}l@{}}{\textit{Rare\_ones}} \\" in lines
    assert r"a & \bfseries +0.25 & {[\num{-0.10}, \num{0.60}]} \\" in lines
    assert r"b & {--} & {[\num{0.00}, \num{1.00}]} \\" in lines


def test_a_table_longer_than_a_page_goes_on_over_pages() -> None:
    text = latex(plain(pd.DataFrame({"count": range(46)}), caption="All.", label="tab:all"))
    assert r"\begin{longtable}" in text
    assert r"\caption{All.}\label{tab:all}\\" in text
    assert r"\begin{table}" not in text
