"""A collection that was judged by several metrics says so."""

from pathlib import Path

import numpy as np
import pytest

import tailprobe
from tailprobe.cli.show import show_result
from tailprobe.learners.recipe import Recipe
from tailprobe.report.page.content import content
from tailprobe.study.primary_metrics import FILE, about_reruns, record_primary_metric


def test_a_rerun_under_another_metric_is_told_which_came_before(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    assert record_primary_metric(cache, labels="a", metric="average_precision") == ()
    assert record_primary_metric(cache, labels="b", metric="recall@0.5") == ()
    assert record_primary_metric(cache, labels="a", metric="average_precision") == ()
    before = record_primary_metric(cache, labels="a", metric="recall@0.5")
    assert before == ("average_precision",)
    assert "average_precision before recall@0.5" in about_reruns("recall@0.5", before)


def test_a_damaged_list_stops_no_study(tmp_path: Path) -> None:
    for damaged in ("", "[]", "{", '{"a": 3}'):
        (tmp_path / FILE).write_text(damaged)
        assert record_primary_metric(tmp_path, labels="a", metric="brier") == ()


@pytest.mark.slow
def test_a_study_run_again_under_another_metric_says_so_beside_its_answer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tailprobe.study.run.DRAWN", {})  # the page's content is asked for below
    rng = np.random.default_rng(0)
    labels = np.repeat(["forest", "mine"], [60, 20])
    archive = tmp_path / "noise.npz"
    np.savez(archive, embeddings=rng.normal(size=(80, 6)) + (labels == "mine")[:, None], labels=labels)
    given = {"methods": ["reweight(2)"], "low_frequency": "named(mine)", "seeds": 5, "cache": tmp_path / "cache"}
    given |= {"recipe": Recipe(epochs=1, width=4), "figures": "none"}
    first = tailprobe.compare(archive, out=tmp_path / "first", **given)
    second = tailprobe.compare(archive, out=tmp_path / "second", metric="roc_auc", **given)
    assert [run.record["judged_before"] for run in (first, second)] == [[], ["average_precision"]]
    said = "was judged by average_precision before roc_auc was chosen"
    assert [any(said in line for line in run.recommendation.statistics) for run in (first, second)] == [False, True]
    assert said in " ".join(content(second)["recommendation"]["statistics"])
    for run, metric in ((first, "average_precision"), (second, "roc_auc")):
        show_result(run, metric)
    assert " ".join(capsys.readouterr().out.split()).count(said) == 1
    again = tailprobe.compare(archive, out=tmp_path / "again", **given)  # under the metric that came first
    assert again.record["judged_before"] == []
