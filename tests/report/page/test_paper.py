"""The last section of the page: the paper's findings and numbers, of a run that repeats a study of the paper's."""

import json
import math

import pandas as pd

from made_run import changed, made_run
from tailprobe.paper.check import Fact, facts_table
from tailprobe.paper.claims import Verdict
from tailprobe.paper.findings import Answer, findings_table
from tailprobe.report.page import write_page
from tailprobe.report.page.content import content
from tailprobe.report.page.paper import paper
from tailprobe.runs.run import Run

CLASSES = tuple(f"class {i}" for i in range(8))


def answers() -> pd.DataFrame:
    common = {
        "section": "5.1", "encoder": "descriptors", "metric": "recall@0.5", "method": "reweight", "settings": 6,
        "claim": "no effect", "headline": True, "margin": 0.02, "seeds": 10,
    }  # fmt: skip
    known = Answer(
        class_name="low-frequency", difference=0.12, low=0.05, high=0.19, minimum_detectable_effect=0.1,
        verdict=Verdict.CONTRADICTED, **common,
    )  # fmt: skip
    open_one = Answer(
        class_name="remaining", difference=-0.01, low=math.nan, high=math.nan, minimum_detectable_effect=math.nan,
        verdict=Verdict.OPEN, **common,
    )  # fmt: skip
    return findings_table([known, open_one])


def reproduction(run: Run) -> Run:
    return changed(run, paper_facts=facts_table([Fact("images", 40479, 40000)]), paper_findings=answers())


def test_a_run_of_no_study_of_the_papers_has_no_such_section(tmp_path):
    assert content(made_run(tmp_path / "run", classes=CLASSES))["paper"] is None


def test_findings_and_numbers_are_json_without_nan(tmp_path):
    found = paper(reproduction(made_run(tmp_path / "run", classes=CLASSES)))
    assert found is not None
    json.dumps(found, allow_nan=False)
    first, second = found["answers"]
    assert (first["difference"], first["low"], first["high"], first["verdict"]) == (0.12, 0.05, 0.19, "does not hold")
    assert (second["low"], second["minimum_detectable_effect"], second["verdict"]) == (None, None, "open")
    assert found["findings"][0].startswith("1. Up-weighting")
    assert found["findings"][0].endswith("descriptors, recall at 0.5: does not hold.")


def test_the_page_shows_the_section_last_and_only_where_there_is_one(tmp_path, watched):
    run = made_run(tmp_path / "run", classes=CLASSES)
    page = watched.open(write_page([run], tmp_path / "plain.html"))
    assert page.locator("#paper").is_hidden()
    assert page.locator("#nav-paper").is_hidden()
    page = watched.open(write_page([reproduction(run)], tmp_path / "paper.html"))
    assert page.locator("main > section").last.get_attribute("id") == "paper"
    rows = page.locator("#table-paper-findings tbody tr").all_inner_texts()
    assert len(rows) == 2
    assert "+12.0 (+5.0, +19.0)" in rows[0]
    assert "−1.2%" in page.locator("#table-paper-facts").inner_text()
