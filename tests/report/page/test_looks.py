"""Images to look at: what one method finds and the other misses, a map, neighbours, confusions, doubtful labels."""

import numpy as np
import pandas as pd
import pytest

from made_run import changed, made_run
from tailprobe.report.page import write_page
from tailprobe.report.page.looks import confusion_counts, doubtful_labels, looks

CLASSES = [f"class {i:02d}" for i in range(8)]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    made = made_run(tmp_path_factory.mktemp("run"), classes=CLASSES)
    first = made.mistakes.iloc[0]
    extra = [
        first.to_dict() | {"kind": kind, "name": name, "baseline": low, "chosen": high, "file": file}
        | {"threshold_baseline": 0.4, "threshold_chosen": 0.3}
        for kind, name, low, high, file in (
            ("found", "small.png", 0.2, 0.5, ""),
            ("found", "large.png", 0.1, 0.9, "/photos/large <b>.png"),
            ("lost", "lost.png", 0.6, 0.1, ""),
        )
    ]  # fmt: skip
    return changed(made, mistakes=pd.concat([made.mistakes, pd.DataFrame(extra)], ignore_index=True))


@pytest.fixture(scope="module")
def path(run, tmp_path_factory):
    return write_page([run], tmp_path_factory.mktemp("page") / "report.html")


def test_what_one_method_finds_stands_by_the_change_with_thresholds_and_the_file(watched, path) -> None:
    page = watched.open(path)
    found = page.locator("#found .tile")
    assert found.locator(".file").all_inner_texts() == ["large.png", "small.png"]
    assert "baseline 0.100 (threshold 0.40), reweight(2) 0.900 (threshold 0.30)" in found.first.inner_text()
    assert found.first.locator("a").get_attribute("href") == "file:///photos/large%20%3Cb%3E.png"
    assert found.nth(1).locator("a").count() == 0
    assert page.locator("#lost .file").all_inner_texts() == ["lost.png"]


def test_a_picture_is_enlarged_and_closed_by_the_keyboard(watched, path) -> None:
    page = watched.open(path)
    page.locator("#found .picture").first.click()
    assert page.locator("#enlarged").is_visible()
    assert "large.png" in page.inner_text("#enlarged-words")
    assert page.evaluate("document.getElementById('enlarged-image').naturalWidth") == 30
    page.keyboard.press("Escape")
    assert page.locator("#enlarged").is_hidden()


def test_each_picture_is_sent_once(path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count('"small.png":"data:image/jpeg') == 1
    assert text.count('"picture":"small.png"') == 1


def test_the_map_shows_what_is_found_missed_and_a_false_alarm_of_a_class(watched, path, run) -> None:
    page = watched.open(path)
    names = page.evaluate("document.getElementById('plot-map').data.map(t => t.name)")
    assert [name.split(" (")[0] for name in names] == [
        "other images",
        "false alarm",
        "carries it, missed",
        "carries it, found",
    ]
    of_map = looks(run)["map"]
    assert page.evaluate("document.getElementById('plot-map').data.reduce((sum, t) => sum + t.x.length, 0)") == 200
    c = run.classes["class_name"].tolist().index(page.inner_text("#map-class option:checked"))
    found, missed, _ = of_map["classes"][str(c)]
    assert set(found + missed) <= set(np.flatnonzero(run.labels.matrix[:, c]))


def test_neighbours_stand_with_their_cosine(watched, path) -> None:
    page = watched.open(path)
    assert page.locator("#neighbours .tile").all_inner_texts()[0].startswith("the image itself")
    assert "cosine 0.750" in page.locator("#neighbours .tile").nth(1).inner_text()


def test_a_single_label_run_has_a_confusion_matrix_and_another_none(watched, path, run, tmp_path) -> None:
    assert watched.open(path).is_hidden("#confused")
    single = changed(run, record=run.record | {"kind": "single-label"})
    page = watched.open(write_page([single], tmp_path / "report.html"))
    assert page.locator("#table-confusion tbody tr").count() == 8
    first = page.locator("#table-confusion tbody tr").first.locator("td").all_inner_texts()
    assert sum(int(text.replace("<1", "0") or 0) for text in first) == pytest.approx(100, abs=4)


def test_confusions_are_counted_by_true_class_and_prediction() -> None:
    found = confusion_counts(np.array([0, 0, 2]), np.array([0, 2, 2]), 3)
    assert found.tolist() == [[1, 0, 1], [0, 0, 0], [0, 0, 1]]


def test_labels_are_doubtful_beyond_the_average_of_the_other_side() -> None:
    labels = np.array([[1], [1], [0], [0], [0]], dtype=bool)
    scores = np.array([[0.9], [0.05], [0.8], [0.1], [np.nan]])
    found = doubtful_labels(labels, scores, [0], pd.Series(list("abcde")))
    # Those that carry it score 0.475 on average, the others 0.45: c is above, b is below.
    assert [(row["name"], row["doubt"], row["limit"]) for row in found] == [
        ("c", "may lack it", 0.475), ("b", "may not be one", 0.45),
    ]  # fmt: skip
    assert doubtful_labels(labels, np.full((5, 1), np.nan), [0], pd.Series(list("abcde"))) == []
