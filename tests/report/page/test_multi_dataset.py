"""Methods over classes, data sets and encoders, as the page has them."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from made_run import changed, made_run
from tailprobe.report.page import write_page
from tailprobe.report.page.multi_dataset import multi_dataset
from tailprobe.report.page.shared_error import difference_error
from tailprobe.runs.run import Run

PLAIN = tuple(f"class {i:02d}" for i in range(12))


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Run:
    return made_run(tmp_path_factory.mktemp("run"), classes=PLAIN)


def seeds_of(run: Run, name: str, *, is_group: bool) -> np.ndarray:
    """(S, M) of a class or group."""
    table = run.results
    rows = table[
        (table["metric"] == "average_precision") & (table["class_name"] == name) & (table["is_group"] == is_group)
    ]
    return rows.pivot_table(index="seed", columns="method", values="value")[list(run.methods)].to_numpy()


def test_one_run_ranks_its_methods_over_its_classes(run):
    found = multi_dataset([run])
    means = np.stack([seeds_of(run, name, is_group=False).mean(axis=0) for name in PLAIN])
    assert found["ranks"] == pytest.approx(stats.rankdata(-means, axis=1).mean(axis=0), abs=1e-4)
    assert found["friedman_p"] == pytest.approx(stats.friedmanchisquare(*means.T).pvalue)
    assert found["ranked"] == len(PLAIN)
    assert found["blocks"] == []


def test_the_chance_of_improvement_is_the_share_of_pairs_of_runs_won(run):
    found = multi_dataset([run])
    values = seeds_of(run, "low-frequency", is_group=True)
    for m, chance in enumerate(found["improvement"], start=1):
        wins = np.mean([[(a > b) + 0.5 * (a == b) for b in values[:, 0]] for a in values[:, m]])
        assert chance["value"] == pytest.approx(wins, abs=1e-4)
        assert chance["low"] <= chance["value"] <= chance["high"]


def test_a_profile_is_the_share_of_runs_above(run):
    profile = multi_dataset([run])["profile"]
    values = seeds_of(run, "low-frequency", is_group=True)
    for m, of in enumerate(profile["of"]):
        assert of["value"] == pytest.approx([np.mean(values[:, m] > at) for at in profile["steps"]], abs=1e-4)


def test_the_middle_half_of_the_runs_is_averaged_and_has_an_interval(run):
    values = seeds_of(run, "low-frequency", is_group=True)
    for m, of in enumerate(multi_dataset([run])["interquartile_mean"]):
        assert of["value"] == pytest.approx(stats.trim_mean(values[:, m], 0.25), abs=1e-4)
        assert of["low"] <= of["value"] <= of["high"]


def test_intervals_are_wider_where_the_images_leave_more_in_common(run):
    def width(error: float) -> float:
        chance = multi_dataset([changed(run, verdicts=run.verdicts.assign(standard_error_images=error))])[
            "improvement"
        ][0]
        return chance["high"] - chance["low"]

    assert width(0.5) > width(0.0)


def test_errors_that_were_not_measured_are_nadeau_and_bengios(run):
    values = np.array([0.2, 0.4, 0.3])
    share = run.classes["test"].sum() / (run.classes["train"].sum() + run.classes["validation"].sum())
    found = difference_error(run, "descriptors", "roc_auc", "reweight(2)", values)
    assert found == pytest.approx(values.std(ddof=1) * np.sqrt(share))
    assert difference_error(run, "descriptors", "average_precision", "reweight(2)", values) == 0.04


def test_several_runs_are_blocks_and_share_methods(run, tmp_path):
    other = made_run(tmp_path, classes=PLAIN[:8], methods=3, seeds=2, name="another")
    found = multi_dataset([run, other])
    assert found["methods"] == list(other.methods)
    assert found["blocks"] == ["a collection, descriptors", "another, descriptors"]
    assert found["ranked"] == 2
    json.dumps(found, allow_nan=False)


def test_runs_without_a_method_in_common_are_not_compared(run):
    alone = changed(run, record=run.record | {"methods": ["baseline"]})
    assert multi_dataset([run, alone]) is None


def test_the_page_draws_ranks_chances_and_profiles(watched, run, tmp_path):
    page = watched.open(write_page([run], tmp_path / "report.html"))
    assert page.inner_text("#h-multi-dataset") == "Ranks and probability of improvement"
    assert page.locator("#plot-improvement .point").count() == len(run.methods) - 1
    assert page.locator("#plot-profile .scatterlayer .js-line").count() == len(run.methods)
    assert "over 12 classes" in page.inner_text("#caption-ranks")
    assert "Nemenyi" in page.inner_text("#caption-ranks")


def test_the_page_says_what_tuning_on_the_test_part_would_have_bought(watched, run, tmp_path):
    rows = run.results[(run.results["metric"] == "recall@tuned") & run.results["is_group"]]
    results = pd.concat([run.results, rows.assign(metric="optimism@tuned", value=0.125)], ignore_index=True)
    page = watched.open(write_page([changed(run, results=results)], tmp_path / "report.html"))
    assert "0.125 to 0.125 better in F2" in page.inner_text("#optimism-words")
    assert page.locator("#table-optimism tbody tr").count() == len(run.methods)


def test_a_run_without_them_shows_no_empty_table(watched, run, tmp_path):
    assert watched.open(write_page([run], tmp_path / "report.html")).is_hidden("#optimism")
