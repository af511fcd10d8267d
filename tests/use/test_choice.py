"""One answer: page, recommendation.json, terminal and classifier name the same method."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from made_run import changed, made_run
from tailprobe.cli.show import show_result
from tailprobe.comparison.conclusion import CANNOT_TELL, TRAINED_TOO_SHORT
from tailprobe.report.page.content import content
from tailprobe.runs.run import Run
from tailprobe.use.choice import choose


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return made_run(tmp_path_factory.mktemp("run"), classes=["forest", "river", "road", "mine"])


def test_the_method_to_use_is_the_same_everywhere(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    written = json.loads(Path(run.folder.recommendation).read_text())
    page, choice = content(run), choose(run)
    assert run.conclusion is not None
    assert choice.method == written["method"] == written["conclusion"]["method"] == written["best"]["method"]
    assert choice.method == page["conclusion"]["method"] == page["recommendation"]["method"] == run.chosen
    assert choice.verdict == written["sentence"] == run.conclusion.text
    show_result(run, "average_precision")
    assert run.conclusion.headline in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("kind", [CANNOT_TELL, TRAINED_TOO_SHORT])
def test_a_method_that_is_only_the_best_bet_is_not_the_classifiers(run: Run, kind: str) -> None:
    assert run.recommendation is not None
    assert run.conclusion is not None
    open_answer = replace(run.conclusion, kind=kind)  # type: ignore[arg-type]
    choice = choose(changed(run, recommendation=run.recommendation.concluded(open_answer)))
    assert (choice.method, choice.recommended) == ("baseline", False)
    assert choice.verdict.startswith(open_answer.text)
