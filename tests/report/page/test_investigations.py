"""In the browser: from the page of a run to an investigation and back."""

import pandas as pd

from made_run import made_run
from tailprobe.investigate.finding import Finding
from tailprobe.report.frame import new_figure
from tailprobe.report.investigations.write import write_finding
from tailprobe.report.write import write_report

HOSTILE = "<img src=x onerror=alert(1)>"


def test_the_page_links_to_its_investigations_and_they_link_back(tmp_path, watched):
    run = made_run(tmp_path / "run", classes=[f"class {i}" for i in range(8)])
    finding = Finding("size", f"How {HOSTILE} grows", "Why?", ("It grows.",), ("By seeds.",), {"t": pd.DataFrame([1])})
    figure = new_figure(title="A", subtitle="b", caption="c", body=1.0)
    write_finding(finding, {"size": figure}, run.folder.investigations / "size", source="folder")
    page = watched.open(write_report([run]))
    assert page.inner_text("#investigation-pages li") == f"How {HOSTILE} grows: It grows."
    page.click("#investigation-pages a")
    assert page.inner_text("h1") == f"How {HOSTILE} grows"
    page.click("text=the page of the study")
    page.wait_for_selector("#map-classes tbody tr")
    watched.settled()


def test_without_any_there_is_no_such_part(tmp_path, watched):
    page = watched.open(write_report([made_run(tmp_path / "run", classes=[f"class {i}" for i in range(8)])]))
    assert page.is_hidden("#investigations")
