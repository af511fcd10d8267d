"""Tables as files: the same numbers in every format, and names that stay names."""

from pathlib import Path

import numpy as np
import pandas as pd

from tailprobe.report.tables import FORMATS, latex, markdown, write_tables

TABLE = pd.DataFrame(
    {
        "class_name": ["mine", "=1+1", "a|b <b>", r"50% & \input{x} $y$ #_^~", "two\nlines"],
        "value": [0.123456789, np.nan, 1.0, -0.5, 0.0],
        "count": [1, 2, 3, 4, 5],
    }
)


def test_every_table_is_there_in_every_format(tmp_path: Path) -> None:
    written = write_tables({"classes": TABLE}, tmp_path / "tables")
    assert {path.name for path in written} == {f"classes.{form}" for form in FORMATS}
    assert {path.name for path in (tmp_path / "tables").iterdir()} == {path.name for path in written}


def test_csv_and_parquet_read_back_to_the_last_digit(tmp_path: Path) -> None:
    write_tables({"classes": TABLE}, tmp_path)
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "classes.parquet"), TABLE)
    back = pd.read_csv(tmp_path / "classes.csv")
    np.testing.assert_array_equal(back["value"], TABLE["value"])
    assert back["class_name"][1] == "'=1+1"  # no formula in a spreadsheet


def test_markdown_has_a_row_a_row_and_a_cell_a_cell() -> None:
    lines = markdown(TABLE).splitlines()
    assert len(lines) == 2 + len(TABLE)
    assert all(line.replace(r"\|", "").count("|") == 4 for line in lines)
    assert r"a\|b \<b\>" in lines[4]
    assert "0.123" in lines[2]


def test_latex_escapes_what_means_something_to_it() -> None:
    text = latex(TABLE)
    assert r"50\% \& \textbackslash{}input\{x\} \$y\$ \#\_\textasciicircum{}\textasciitilde{}" in text
    assert text.count(r"\\") == 1 + len(TABLE)


def test_what_rounds_to_zero_has_no_minus() -> None:
    table = pd.DataFrame({"difference": [-0.0001]})
    assert markdown(table).splitlines()[-1] == "| 0.000 |"
    assert latex(table).splitlines()[-3] == r"0.000 \\"
