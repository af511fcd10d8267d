"""The tables in LaTeX: a document of them is set without a fault, whatever the names."""

import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest

from made_run import made_run
from tailprobe.report.tables.latex import latex
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
        "\\documentclass{article}\n\\usepackage[T1]{fontenc}\n\\usepackage{booktabs,siunitx,longtable}\n"
        f"\\begin{{document}}\n{inputs}\n\\end{{document}}\n"
    )
    (folder / "paper.tex").write_text(document, encoding="utf-8")
    command = ["pdflatex", "-no-shell-escape", "-interaction=nonstopmode", "-halt-on-error", "paper.tex"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    return done.stdout


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no TeX on this machine")
def test_every_table_of_a_run_with_hostile_names_is_set(tmp_path: Path) -> None:
    run = made_run(tmp_path / "run", classes=HOSTILE, name="a_collection & 100%")
    tables = {name: latex(table.printed) for name, table in run_tables(run).items()}
    assert set(tables) == {"summary", "verdicts", "averages", "classes", "methods", "costs", "thresholds", "lacking"}
    log = set_document(tmp_path, tables)
    assert "Output written on paper.pdf" in log
    assert "! " not in log


def test_braces_are_balanced_and_every_line_has_every_cell() -> None:
    printed = plain(pd.DataFrame({"name": HOSTILE, "count": 1}), caption="a & b_c", label="tab:x")
    text = latex(printed).replace(r"\{", "").replace(r"\}", "")
    assert text.count("{") == text.count("}")
    rows = [line for line in text.splitlines() if line.endswith(r" & 1 \\")]
    assert [line.replace(r"\&", "").count("&") for line in rows] == [1] * len(HOSTILE)
    assert r"\input" not in text
    assert r"\caption{a \& b\_c}" in text
