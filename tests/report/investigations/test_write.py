"""The page of an investigation: one file, no program, other people's names escaped."""

from pathlib import Path

import pandas as pd

from tailprobe.investigate.finding import Finding
from tailprobe.report.frame import new_figure
from tailprobe.report.investigations.write import write_finding

HOSTILE = "<script>alert(1)</script>"
TABLE = pd.DataFrame(
    {"class_name": [HOSTILE, "road"], "value": [0.25, float("nan")], "at": pd.array([3, None], "Int64")}
)


def test_the_page_says_the_answer_and_runs_nothing(tmp_path: Path) -> None:
    finding = Finding("size", f"Size of {HOSTILE}", "Why?", (f"{HOSTILE} grows.",), ("By seeds.",), {"steps": TABLE})
    figure = new_figure(title="A", subtitle="b", caption=f'"{HOSTILE}"', body=1.0)
    page = write_finding(finding, {"size": figure}, tmp_path, source="folder").read_text()
    assert "<script" not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 4
    assert "default-src 'none'" in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "<td>0.25</td>" in page
    assert "<td>–</td>" in page
    assert pd.read_parquet(tmp_path / "tables" / "steps.parquet")["at"].tolist() == [3, pd.NA]
    assert (tmp_path / "figures" / "size.svg").exists()
    assert (tmp_path / "figures" / "size.png").exists()
