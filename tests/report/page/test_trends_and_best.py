"""What more of a method does, and which may be the best: sentences, and the numbers of their pictures."""

import numpy as np
import pandas as pd
import pytest

from made_run import changed, made_run
from tailprobe.report.page import write_page
from tailprobe.report.page.trends_and_best import trends_and_best
from tailprobe.runs.run import Run

METHODS = ("reweight(2)", "reweight(3)", "reweight(4)")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    made = made_run(tmp_path_factory.mktemp("run"), classes=("a", "b", "c", "d"))
    trend = {
        "encoder": "descriptors", "name": "reweight", "argument": "factor", "methods": [list(METHODS)],
        "doses": [[2.0, 3.0, 4.0]], "class_name": "low-frequency", "metric": "average_precision", "difference": 0.05,
        "simultaneous_low": 0.01, "simultaneous_high": 0.09, "verdict": "improves",
    }  # fmt: skip
    best = {
        "encoder": "descriptors", "method": ["baseline", *METHODS], "class_name": "low-frequency",
        "metric": "average_precision", "distance": [-0.04, -0.02, -0.01, 0.01], "low": [-0.1, -0.05, -0.04, -0.02],
        "high": [0.0, 0.02, 0.03, np.nan], "verdict": ["not best", "may be best", "may be best", "may be best"],
    }  # fmt: skip
    return changed(made, trends=pd.DataFrame(trend), best=pd.DataFrame(best))


def test_the_points_of_a_trend_are_the_rows_it_is_a_sum_of(run: Run) -> None:
    trend = trends_and_best(run)[0]
    assert trend["sentence"].startswith("More of reweight: from 2 to 4 average precision")
    assert trend["picture"]["doses"] == [2.0, 3.0, 4.0]
    assert trend["picture"]["change"] == 0.05
    assert run.verdicts is not None
    rows = run.verdicts[run.verdicts["is_group"] & run.verdicts["class_name"].eq("low-frequency")].set_index("method")
    assert trend["picture"]["difference"] == [round(float(rows.loc[name, "difference"]), 4) for name in METHODS]
    assert trend["picture"]["low"] == [round(float(rows.loc[name, "simultaneous_low"]), 4) for name in METHODS]


def test_the_comparison_with_the_best_has_every_method_and_no_nan(run: Run) -> None:
    best = trends_and_best(run)[1]
    assert "not the best: baseline" in best["sentence"]
    assert best["picture"]["difference"] == [-0.04, -0.02, -0.01, 0.01]
    assert best["picture"]["high"] == [0.0, 0.02, 0.03, None]


def test_each_is_a_picture_on_the_page_with_its_sentence(watched, run, tmp_path) -> None:
    page = watched.open(write_page([run], tmp_path / "report.html"))
    assert page.locator("#trends-and-best figure").count() == 2
    assert page.locator("#plot-further-0 .point").count() == 3
    assert page.locator("#plot-further-0 .js-line").count() == 1
    assert page.locator("#plot-further-1 .point").count() == 4
    assert "More of reweight" in page.inner_text("#trends-and-best figcaption >> nth=0")
