"""A collection that was judged by several metrics says so."""

from pathlib import Path

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
    for content in ("", "[]", "{", '{"a": 3}'):
        (tmp_path / FILE).write_text(content)
        assert record_primary_metric(tmp_path, labels="a", metric="brier") == ()
