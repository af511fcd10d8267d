"""The page of a run and the pages of its investigations link to each other; both folders can be moved together."""

import json
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from made_run import made_run
from tailprobe import cli
from tailprobe.errors import InputError
from tailprobe.investigate.finding import Finding
from tailprobe.report.frame import new_figure
from tailprobe.report.investigations.kept import kept_investigations, run_folder_of
from tailprobe.report.investigations.write import write_finding
from tailprobe.report.page.content import content
from tailprobe.runs.run import Run

FINDING = Finding("size", "How it grows", "Why?", ("It grows.", "It jumps."), ("By seeds.",), {"t": pd.DataFrame([1])})


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    run = made_run(tmp_path_factory.mktemp("runs") / "run", classes=[f"class {i}" for i in range(8)])
    figure = new_figure(title="A", subtitle="b", caption="c", body=1.0)
    write_finding(FINDING, {"size": figure}, run.folder.investigations / "size", source="folder")
    return run


def test_the_page_of_the_run_holds_title_answers_and_address(run: Run) -> None:
    (found,) = content(run)["investigations"]
    assert (found["title"], found["answers"]) == ("How it grows", ["It grows.", "It jumps."])
    assert (run.folder.path / found["address"]).is_file()
    (elsewhere,) = content(run, beside=run.folder.path.parent)["investigations"]
    assert elsewhere["address"] == "run/investigations/size/investigation.html"


def test_the_page_of_the_investigation_leads_back(run: Run) -> None:
    page = (run.folder.investigations / "size" / "investigation.html").read_text()
    assert 'href="../../report.html"' in page
    assert (run.folder.investigations / "size" / "../../report.html").resolve() == run.folder.report.resolve()


def test_an_investigation_elsewhere_leads_nowhere(tmp_path: Path) -> None:
    figure = new_figure(title="A", subtitle="b", caption="c", body=1.0)
    page = write_finding(FINDING, {"size": figure}, tmp_path / "investigations" / "size", source="folder")
    assert "href" not in page.read_text().partition("<body>")[2].partition("<img")[0]
    assert run_folder_of(tmp_path / "investigations" / "size") is None


def test_a_damaged_or_unfinished_investigation_is_left_out(run: Run) -> None:
    for name, text in (("broken", "{"), ("old", json.dumps({"title": "x"}))):
        folder = run.folder.investigations / name
        folder.mkdir()
        (folder / "investigation.json").write_text(text)
        (folder / "investigation.html").write_text("page")
    assert [kept.name for kept in kept_investigations(run.folder)] == ["size"]


def test_without_a_run_the_folder_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="investigate cues needs --out DIR, unless it is given a finished run"):
        CliRunner().invoke(cli.app, ["investigate", "cues", str(tmp_path / "clip.npy")], catch_exceptions=False)
