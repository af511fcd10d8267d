"""The paragraph says what the run did, and every citation has its reference."""

import re
import shutil
import subprocess
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest

from made_run import changed, made_run
from tailprobe.methods.lookup import load_installed
from tailprobe.methods.method import METHODS
from tailprobe.report.paragraph.bibliography import bibliography, references
from tailprobe.report.paragraph.paragraph import as_latex, as_markdown, cited, methods_paragraph
from tailprobe.report.paragraph.write import write_paragraph
from tailprobe.runs.run import Run

PARAGRAPH = files("tailprobe.report.paragraph")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return made_run(tmp_path_factory.mktemp("made") / "run", classes=list("abcdefgh"), name="a_collection & more")


def with_methods(run: Run, *names: str) -> Run:
    return changed(run, record=run.record | {"methods": ["baseline", *names]})


def test_it_states_the_runs_own_numbers(run: Run) -> None:
    text = as_markdown(methods_paragraph(run))
    recipe = run.study.recipe
    assert "We compared 3 methods" in text
    assert "(200 images, 8 classes, multi-label). 2 classes are low-frequency" in text
    assert f"hidden layer of {recipe.width} units and dropout {recipe.dropout:g}" in text
    assert "under 3 seeds" in text
    assert "differences within 0.02" in text
    assert "(low-frequency classes, 3 comparisons) was tested at 0.04" in text


def test_each_method_stands_before_what_it_cites(run: Run) -> None:
    text = as_markdown(
        methods_paragraph(with_methods(run, "effective_number(0.999)", "oversample(largest) + focal(2)"))
    )
    assert r"effective\_number(0.999) [@cui2019] and oversample(largest) + focal(2) [@panigrahi2024; @lin2017]" in text


def test_what_was_not_done_is_not_cited(run: Run) -> None:
    keys = set(cited(methods_paragraph(run)))
    assert {"davis2006", "westfall1993", "tailprobe"} <= keys
    assert not keys & {"cui2019", "brier1950", "lin2017"}
    brier = changed(run, study=replace(run.study, metric="brier", margin="auto"))
    assert "brier1950" in cited(methods_paragraph(brier))
    untested = changed(run, verdicts=run.verdicts.assign(critical_level=float("nan")))
    assert not {"westfall1993", "smyth2004"} & set(cited(methods_paragraph(untested)))


def test_a_study_of_few_seeds_is_said_to_be_tested_by_bonferronis_method(run: Run) -> None:
    verdicts = run.verdicts.assign(critical_level=run.verdicts["critical_level"].where(lambda x: x.isna(), 0.001))
    paragraph = methods_paragraph(changed(run, verdicts=verdicts))
    assert "Bonferroni" in as_markdown(paragraph)
    assert "westfall1993" not in cited(paragraph)


def test_every_built_in_method_with_a_source_has_its_reference() -> None:
    load_installed()
    own = [METHODS.get(name) for name in METHODS.names()]
    for method in own:
        if method.source and method.function.__module__.startswith("tailprobe."):
            assert method.cites, f"{method.name}: cite {method.source}"
            assert set(method.cites) <= set(references()), method.name


REQUIRED = {
    "article": {"author", "title", "journal", "year"},
    "inproceedings": {"author", "title", "booktitle", "year"},
    "incollection": {"author", "title", "booktitle", "publisher", "year"},
    "book": {"author", "title", "publisher", "year"},
    "techreport": {"author", "title", "institution", "number", "year"},
    "misc": {"author", "title"},
}
"""The fields without which BibTeX's own styles warn."""


def fields(entry: str) -> dict[str, str]:
    return dict(re.findall(r"^  (\w+) = \{(.*)\},?$", entry, re.MULTILINE))


def test_references_are_whole() -> None:
    for key, entry in references().items():
        of = fields(entry)
        assert len(of) == entry.count("\n") - 1, f"{key}: one field a line, each once"
        assert entry.count("{") == entry.count("}"), key
        assert REQUIRED[entry[1 : entry.index("{")]] <= set(of), key
        assert re.fullmatch(r"\d+--\d+|Article \d+", of.get("pages", "1--2")), key
        assert re.fullmatch(r"10\.\d{4,}/\S+", of.get("doi", "10.1000/1")), key
        assert re.fullmatch(r"\d{4}\.\d{4,5}", of.get("eprint", "1234.56789")), key
        assert ("eprint" in of) == ("archiveprefix" in of), key


def test_a_key_is_the_first_authors_name_and_the_year() -> None:
    for key in references().keys() - {"tailprobe"}:
        of = fields(references()[key])
        name = re.sub("[^a-z]", "", of["author"].partition(",")[0].lower())
        assert key.startswith(name + of["year"]), key


def test_no_reference_stands_there_twice() -> None:
    text = (PARAGRAPH / "references.bib").read_text(encoding="utf-8")
    keys = re.findall(r"^@\w+\{([^,]+),$", text, re.MULTILINE)
    assert len(keys) == len(set(keys)) == len(references()) == bibliography(keys).count("\n@") + 1
    for field in ("title", "doi", "eprint"):
        values = [of[field].lower() for of in map(fields, references().values()) if field in of]
        assert len(values) == len(set(values)), field


def test_every_reference_is_cited_by_a_method_or_the_paragraph() -> None:
    load_installed()
    by_methods = {key for name in METHODS.names() for key in METHODS.get(name).cites}
    by_paragraph = set(re.findall(r'"([a-z]+(?:\d{4})?)"', (PARAGRAPH / "paragraph.py").read_text(encoding="utf-8")))
    assert set(references()) <= by_methods | by_paragraph


def test_the_files_cite_exactly_what_the_bibliography_holds(run: Run, tmp_path: Path) -> None:
    files = write_paragraph(run, tmp_path)
    assert [file.name for file in files] == ["methods_paragraph.md", "methods_paragraph.tex", "references.bib"]
    text = (tmp_path / "methods_paragraph.tex").read_text()
    keys = {key for group in re.findall(r"\\cite\{([^}]*)\}", text) for key in group.split(",")}
    assert keys == set(re.findall(r"^@\w+\{([^,]+),", (tmp_path / "references.bib").read_text(), re.MULTILINE))
    assert r"a\_collection \& more" in text


@pytest.mark.skipif(shutil.which("bibtex") is None, reason="no TeX on this machine")
def test_every_reference_is_set_by_bibtex(tmp_path: Path) -> None:
    (tmp_path / "references.bib").write_text(bibliography(references()))
    text = "\\documentclass{article}\\begin{document}\\nocite{*}\\bibliographystyle{plain}\\bibliography{references}"
    (tmp_path / "paper.tex").write_text(text + "\\end{document}")
    for command in (["pdflatex", "-interaction=nonstopmode", "paper"], ["bibtex", "paper"]):
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stdout
    assert "rror" not in done.stdout
    assert "Warning" not in done.stdout, done.stdout


def test_latex_has_no_markdown_in_it(run: Run) -> None:
    text = as_latex(methods_paragraph(run))
    assert "@" not in text
    assert "Adam~\\cite{kingma2015} (learning rate" in text
