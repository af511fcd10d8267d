"""Where gains come from and what disagrees, as the page has it: content, and what a browser shows."""

from dataclasses import replace

import pytest

from made_run import changed, made_run
from tailprobe.cli.show import show_result
from tailprobe.report.page.aspects import aspects
from tailprobe.report.page.content import content
from tailprobe.report.page.gain_sources import gain_sources, shown_first
from tailprobe.report.page.write import write_page


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return made_run(tmp_path_factory.mktemp("run"), classes=["forest", "river", "road", "mine"])


def test_the_page_has_the_parts_of_the_decomposition(run) -> None:
    found = gain_sources(run)
    rows = run.decomposition[run.decomposition["metric"] == "recall@0.5"]
    of = found["of"]["descriptors"]["recall@0.5"]
    assert found["metrics"] == ["recall@0.5", "f1@tuned"]
    assert of["methods"] == list(rows["method"])
    assert of["ranking"] == pytest.approx(list(rows["ranking"]))
    assert of["threshold_high"] == pytest.approx(list(rows["threshold_high"]))
    assert of["sentence"].startswith(
        "Most of what reweight(2) gains is a lower threshold, which is free: it gains +0.060"
    )


def test_the_page_has_all_aspects_and_the_reasons_of_a_disagreement(run) -> None:
    first = aspects(run)["of"]["descriptors"][0]
    assert [of["metric"] for of in first["metrics"]] == [
        "average_precision", "recall@0.5", "precision@0.5", "f2@0.5", "brier",
    ]  # fmt: skip
    assert not first["agree"]
    assert first["reasons"][0].startswith("Recall rises because it flags 50.0 images a test part instead of 20.0")
    assert "The recall is paid for: precision at 0.5 −0.080" in first["reasons"][1]


def test_open_answers_say_what_they_lacked(run, tmp_path) -> None:
    verdicts = run.verdicts.assign(verdict="inconclusive", standard_error_images=0.001)
    shown = [row for row in content(changed(run, verdicts=verdicts))["lacking"] if row["class_name"] == "low-frequency"]
    assert [row["method"] for row in shown] == ["reweight(2)", "reweight(3)", "reweight(4)"]
    assert shown[0]["seeds_needed"] > 3
    assert shown[0]["images_to_label"].startswith("label about")
    assert content(changed(run, verdicts=verdicts.assign(verdict="improves")))["lacking"] == []


def test_a_run_that_compared_nothing_has_neither(run) -> None:
    bare = content(changed(run, decomposition=None, aspects=None))
    assert bare["gain_sources"] is None
    assert bare["aspects"] is None


def test_a_browser_shows_bars_sentence_and_table(watched, run, tmp_path) -> None:
    page = watched.open(write_page([run], tmp_path / "page.html"))
    assert "which is free" in page.text_content("#gain-sentence")
    assert page.locator("#plot-gains .bars .point").count() == 2 * 3
    assert page.locator("#table-aspects tbody tr").count() == 3
    assert page.locator("#table-aspects td.improves").count() == 2 * 3
    page.select_option("#metric", "average_precision")
    assert "recall at 0.5" in page.text_content("#caption-gains")


def test_what_is_shown_first_is_recall_at_one_half_unless_decisions_are_primary(run) -> None:
    metric, found = shown_first(run, "descriptors")
    assert metric == "recall@0.5"
    assert found["sentence"].startswith("Most of what reweight(2) gains")
    other = changed(run, study=replace(run.study, metric="f1@tuned"))
    assert shown_first(other, "descriptors")[0] == "f1@tuned"
    assert shown_first(changed(run, decomposition=None), "descriptors") is None


def test_the_terminal_says_it_after_the_recommendation(run, capsys) -> None:
    show_result(run, "average_precision")
    printed = " ".join(capsys.readouterr().out.split())
    assert printed.index("Use reweight(2)") < printed.index("Most of what reweight(2) gains is a lower threshold")
