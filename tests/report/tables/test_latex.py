"""The tables in LaTeX: a document of them is set without a fault, whatever the names."""

import re
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest

from made_run import made_run
from tailprobe.report.tables.latex import latex
from tailprobe.report.tables.layout import layout
from tailprobe.report.tables.letters import lines_of, narrowest, width_of
from tailprobe.report.tables.of_run import run_tables
from tailprobe.report.tables.plain import plain

HOSTILE = [
    r"\input{/etc/passwd}", "50% & more", "a_b^c~d", "$x$", "#1 {open", "[bracket] first",
    '"quoted" <tag> | bar', r"}\\",
]  # fmt: skip


def set_document(folder: Path, tables: dict[str, str]) -> str:
    """Return the log of a document that holds every table and refers to each."""
    inputs = "\n".join(f"{text}\nSee~\\ref{{tab:{name}}}." for name, text in tables.items())
    document = (
        "\\documentclass{article}\n\\usepackage[T1]{fontenc}\n\\usepackage{booktabs,siunitx,longtable,array,pdflscape}\n"
        f"\\begin{{document}}\n{inputs}\n\\end{{document}}\n"
    )
    (folder / "paper.tex").write_text(document, encoding="utf-8")
    command = ["pdflatex", "-no-shell-escape", "-interaction=nonstopmode", "-halt-on-error", "paper.tex"]
    for _ in range(2):  # a table over several pages learns its widths in the first
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stdout[-2000:]
    return done.stdout


def too_wide(log: str) -> list[float]:
    """Return by how many points boxes are wider than the text, where it can be seen."""
    return [wide for wide in map(float, re.findall(r"Overfull \\hbox \(([\d.]+)pt too wide\)", log)) if wide > 1]


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no TeX on this machine")
def test_every_table_of_a_run_with_hostile_names_is_set(tmp_path: Path) -> None:
    run = made_run(tmp_path / "run", classes=HOSTILE, name="a_collection & 100%")
    tables = {name: latex(table.printed) for name, table in run_tables(run).items()}
    assert set(tables) == {"summary", "verdicts", "averages", "classes", "methods", "costs", "thresholds", "lacking"}
    log = set_document(tmp_path, tables)
    assert "Output written on paper.pdf" in log
    assert "! " not in log
    assert too_wide(log) == []


LONG = ("undersample(low-frequency)", "logit_adjust(1.0)+move_threshold", "ensemble(5)+undersample(low-frequency)")
VERDICTS = ("practically equal", "identical ranking", "worsens below the margin")
PROSE = "label about 222 more images of blow_down, 222 of conventional_mine, 204 of blooming and some of 1 other class"


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no TeX on this machine")
def test_long_names_and_many_columns_are_no_wider_than_the_text(tmp_path: Path) -> None:
    numbers = {f"some_number_{i}": [-0.1234, 12345.0, 0.5] for i in range(12)}
    names = pd.DataFrame({"method": LONG, "class_name": HOSTILE[:3], "verdict": VERDICTS, "mean": 0.5, "steps": 1e6})
    tables = {
        "names": names,
        "prose": pd.DataFrame({"method": LONG, "verdict": VERDICTS, "seeds": 5, "needed": 117, "images": PROSE}),
        "letters": pd.DataFrame({"method": ["W" * 90, "x" * 90, "mine"], "value": 0.1234}),
        "numbers": pd.DataFrame({"method": LONG, **numbers}),
        "pages": pd.concat([names] * 20),
    }
    printed = {name: plain(table, caption=name, label=f"tab:{name}") for name, table in tables.items()}
    texts = {name: latex(table) for name, table in printed.items()}
    assert too_wide(set_document(tmp_path, texts)) == []
    assert [name for name, text in texts.items() if "landscape" in text] == ["numbers"]
    assert r"\caption{numbers Set in landscape.}" in texts["numbers"]


def test_a_table_takes_small_letters_before_it_breaks_names_in_three() -> None:
    frame = pd.DataFrame({"method": ["undersample(low-frequency)"], **{f"n{i}": [0.123] for i in range(9)}})
    sizes = [layout(plain(frame.iloc[:, :columns], caption="", label="")).points for columns in (3, 9, 10)]
    assert sizes == sorted(sizes, reverse=True)
    assert (sizes[0], layout(plain(frame, caption="", label="")).landscape) == (10, False)


@pytest.mark.parametrize("points", [10, 9, 8])
def test_a_wrapped_name_is_within_its_width(points: int) -> None:
    for name in (*LONG, *HOSTILE, PROSE):
        width = narrowest(name, points, lines=2)
        assert all(width_of(line, points) <= width for line in lines_of(name, width, points))
        assert "".join(lines_of(name, width, points)).replace(" ", "") == name.replace(" ", "")


def test_braces_are_balanced_and_every_line_has_every_cell() -> None:
    printed = plain(pd.DataFrame({"name": HOSTILE, "count": 1}), caption="a & b_c", label="tab:x")
    text = latex(printed).replace(r"\{", "").replace(r"\}", "")
    assert text.count("{") == text.count("}")
    rows = [line for line in text.splitlines() if line.endswith(r" & 1 \\")]
    assert [line.replace(r"\&", "").count("&") for line in rows] == [1] * len(HOSTILE)
    assert r"\input" not in text
    assert r"\caption{a \& b\_c}" in text
