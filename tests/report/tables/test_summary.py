"""The summary: every number is the verdicts' own, and the best mean is the best."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from made_run import changed, made_run
from tailprobe.report.tables.latex import latex
from tailprobe.report.tables.markdown import markdown
from tailprobe.report.tables.of_run import run_tables
from tailprobe.report.tables.summary import printed_summary, summary
from tailprobe.report.tables.verdicts import printed_verdicts
from tailprobe.runs.run import Run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return made_run(tmp_path_factory.mktemp("made"), classes=[f"class {c}" for c in range(8)])


def one(table: pd.DataFrame, **where: object) -> pd.Series:
    chosen = table[(table[list(where)] == pd.Series(where)).all(axis=1)]
    assert len(chosen) == 1
    return chosen.iloc[0]


def test_a_row_for_each_method_and_group_of_the_rule(run: Run) -> None:
    found = summary(run)
    assert found["class_name"].unique().tolist() == ["low-frequency", "remaining", "all"]
    assert len(found) == 3 * len(run.methods)
    assert found.loc[found["class_name"] == "all", "method"].tolist() == list(run.methods)


@pytest.mark.parametrize("group", ["low-frequency", "remaining"])
def test_difference_interval_and_word_are_the_verdicts(run: Run, group: str) -> None:
    for method in run.methods[1:]:
        mine = one(summary(run), method=method, class_name=group)
        theirs = one(run.verdicts, method=method, class_name=group, is_group=True)
        assert mine["simultaneous"]
        assert mine["difference"] == theirs["difference"]
        assert (mine["difference_low"], mine["difference_high"]) == (
            theirs["simultaneous_low"],
            theirs["simultaneous_high"],
        )
        assert mine["verdict"] == theirs["verdict"]


def test_the_baseline_has_the_interval_that_its_methods_have_of_it(run: Run) -> None:
    verdicts = run.verdicts.assign(compared_with="baseline", baseline_low=0.25, baseline_high=0.75)
    found = summary(changed(run, verdicts=verdicts))
    baseline = found[found["method"] == "baseline"]
    assert (baseline["mean_low"].tolist(), baseline["mean_high"].tolist()) == ([0.25] * 3, [0.75] * 3)
    assert baseline["difference"].isna().all()


def test_what_was_not_asked_has_its_own_interval_and_no_word(run: Run) -> None:
    mine = one(summary(run), method="reweight(2)", class_name="all")
    theirs = one(run.verdicts, method="reweight(2)", class_name="all", is_group=True)
    assert not mine["simultaneous"]
    assert (mine["difference_low"], mine["difference_high"], mine["verdict"]) == (theirs["low"], theirs["high"], "")


def test_means_are_those_of_the_results(run: Run) -> None:
    results = run.results
    for method in run.methods:
        rows = results[
            (results["method"] == method)
            & (results["class_name"] == "remaining")
            & (results["metric"] == "average_precision")
        ]
        assert one(summary(run), method=method, class_name="remaining")["mean"] == pytest.approx(rows["value"].mean())


def test_the_best_mean_of_each_group_is_marked_and_bold(run: Run) -> None:
    found = summary(run)
    for group, rows in found.groupby("class_name"):
        best = rows.loc[rows["mean"].idxmax()]
        assert rows.loc[rows["best"], "method"].tolist() == [best["method"]], group
        assert f"**{best['mean']:.3f}**" in markdown(printed_summary(run))
        assert rf"\bfseries {best['mean']:.3f} &" in latex(printed_summary(run))


def test_of_a_metric_of_which_less_is_better_the_least_is_best(run: Run) -> None:
    results, verdicts = run.results.copy(), run.verdicts.assign(metric="brier")
    results["metric"] = results["metric"].astype(str).replace("average_precision", "brier")
    found = summary(changed(run, results=results, verdicts=verdicts))
    for _, rows in found.groupby("class_name"):
        assert rows.loc[rows["best"], "mean"].tolist() == [rows["mean"].min()]


def test_means_that_look_the_same_in_print_are_equally_bold(run: Run) -> None:
    results = run.results.assign(value=0.5)
    results.loc[results["method"] == "baseline", "value"] = 0.50001
    assert summary(changed(run, results=results))["best"].all()


def test_the_printed_verdicts_are_of_what_was_asked_and_of_classes_with_an_answer(run: Run) -> None:
    printed = printed_verdicts(run)
    titles = [section.title for section in printed.sections]
    assert titles == [
        "low-frequency classes",
        "remaining classes",
        "single classes that a method improves or worsens",
    ]
    single = run.verdicts[~run.verdicts["is_group"]]
    answered = single["verdict"].isin(["improves", "worsens"]).sum()
    assert [len(section.rows) for section in printed.sections] == [3, 3, answered]
    assert len(printed.rows) < len(run.verdicts)
    assert "p\\_adjusted" not in latex(printed)


def test_a_tiny_p_value_is_an_inequality_and_a_small_effect_says_so(run: Run) -> None:
    verdicts = run.verdicts.assign(p_adjusted=1e-9, verdict="improves", below_margin=True)
    row = printed_verdicts(changed(run, verdicts=verdicts)).rows[0]
    assert row[3].value == "<0.001"
    assert row[5].value == "improves below the margin"


def test_a_run_that_compared_nothing_has_the_other_tables(tmp_path: Path) -> None:
    tables = run_tables(made_run(tmp_path / "run", classes=["a", "b", "c", "d"], verdicts=False))
    assert set(tables) == {"averages", "classes", "methods", "costs", "thresholds"}


def test_the_machines_table_of_verdicts_keeps_every_row(run: Run) -> None:
    assert len(run_tables(run)["verdicts"].data) == len(run.verdicts)
    assert np.isfinite(run_tables(run)["summary"].data["mean"]).all()
