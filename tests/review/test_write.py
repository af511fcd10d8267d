"""Reviewed labels, and the forms in which they are written."""

import csv
import json

import numpy as np
import pytest
from PIL import Image

import tailprobe
from tailprobe.errors import InputError
from tailprobe.labels import Labels
from tailprobe.review.history import History, history_path
from tailprobe.review.outcome import LabelledBefore, reviewed_labels
from tailprobe.review.write import backup, check_out, write_labels

NAMES = ("a.png", "b.png", "c.png")
MULTI = Labels(
    np.array([[True, False], [False, True], [False, False]]), ("forest", "mine"), "multi-label",
    np.array([[True, True], [True, True], [True, False]]),
)  # fmt: skip
SINGLE = Labels(np.array([[True, False], [False, True], [True, False]]), ("forest", "mine"), "single-label")


def before(folder, labels=MULTI) -> LabelledBefore:
    return LabelledBefore(NAMES, tuple(str(folder / name) for name in NAMES), labels)


@pytest.fixture
def history(tmp_path):
    return History(history_path(tmp_path / "labels.csv"))


@pytest.fixture
def reviewed(tmp_path):
    answers = {("n.png", "mine"): True, ("b.png", "mine"): False, ("m.png", "mine"): False}
    return reviewed_labels(before(tmp_path), answers, {name: str(tmp_path / name) for name in ("n.png", "m.png")})


def test_an_answer_is_about_its_class_alone(reviewed):
    assert reviewed.names == (*NAMES, "n.png", "m.png")
    assert reviewed.values.tolist() == [[1, 0], [0, 0], [0, -1], [-1, 1], [-1, 0]]
    assert (reviewed.changed, reviewed.added, reviewed.left_out) == (1, 2, 0)


def test_a_single_label_image_is_of_the_class_confirmed_and_left_out_where_none_is(tmp_path):
    answers = {("n.png", "mine"): True, ("m.png", "mine"): False, ("a.png", "mine"): True, ("b.png", "mine"): False}
    new = dict.fromkeys(("n.png", "m.png"), "")
    found = reviewed_labels(before(tmp_path, SINGLE), answers, new)
    assert dict(zip(found.names, found.values.tolist(), strict=True)) == {
        "a.png": [0, 1], "c.png": [1, 0], "n.png": [0, 1],
    }  # fmt: skip
    assert (found.added, found.left_out) == (1, 2)


def test_a_decision_about_what_is_not_there_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"'x\.png', which is neither a labelled nor a new image"):
        reviewed_labels(before(tmp_path), {("x.png", "mine"): True}, {})
    with pytest.raises(InputError, match="class 'lake'; the model has forest, mine"):
        reviewed_labels(before(tmp_path), {("a.png", "lake"): True}, {})


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_table_is_read_again_with_what_is_not_known(tmp_path, reviewed, history, suffix):
    for name in reviewed.names:
        Image.new("RGB", (8, 8)).save(tmp_path / name)
    out = write_labels(reviewed, tmp_path / f"labels{suffix}", "table", history)
    read = tailprobe.read(tmp_path, labels=out, uncertain="ignore")
    assert read.names == reviewed.names
    assert read.labels.matrix.tolist() == (reviewed.values == 1).tolist()
    assert read.labels.known.tolist() == (reviewed.values != -1).tolist()


def test_names_with_commas_quotes_and_breaks_are_told_apart(tmp_path, history):
    names = ('a,"b.png', "=cmd|' /C calc'!A0.png", "two\nlines.png")
    found = reviewed_labels(LabelledBefore(names, ("",) * 3, SINGLE), {}, {})
    out = write_labels(found, tmp_path / "labels.csv", "table", history)
    with out.open(newline="", encoding="utf-8") as file:
        assert [row["image_name"] for row in csv.DictReader(file)] == list(names)


def test_label_studio_takes_tasks_of_choices(tmp_path, reviewed, history):
    out = write_labels(reviewed, tmp_path / "labels.json", "label-studio", history)
    tasks = json.loads(out.read_text())
    (result,) = tasks[3]["annotations"][0]["result"]
    assert result == {"from_name": "label", "to_name": "image", "type": "choices", "value": {"choices": ["mine"]}}
    assert tasks[3]["data"] == {
        "image": str(tmp_path / "n.png"), "name": "n.png", "absent": [], "unknown": ["forest"],
    }  # fmt: skip
    assert tasks[1]["annotations"] == [{"result": []}]


def test_fiftyone_takes_labels_beside_a_list_of_files(tmp_path, reviewed, history):
    out = write_labels(reviewed, tmp_path / "dataset", "fiftyone", history)
    labels, data = (json.loads((out / name).read_text()) for name in ("labels.json", "data.json"))
    by_file = {data[key]: target for key, target in labels["labels"].items()}
    assert by_file == {
        str(tmp_path / name): tags
        for name, tags in zip(reviewed.names, [["forest"], [], [], ["mine"], []], strict=True)
    }  # fmt: skip


def test_fiftyone_has_no_place_for_a_member_of_an_archive(tmp_path, history):
    found = reviewed_labels(LabelledBefore(NAMES, ("",) * 3, MULTI), {}, {})
    with pytest.raises(InputError, match=r"a\.png is in an archive"):
        write_labels(found, tmp_path / "dataset", "fiftyone", history)


def test_a_file_of_somebody_elses_is_overwritten_only_when_asked_for_and_kept(tmp_path, reviewed, history):
    out = tmp_path / "tags.csv"
    out.write_text("image_name,tags\n")
    with pytest.raises(InputError, match=r"pass --overwrite, which keeps the old one as tags\.before-review\.csv"):
        write_labels(reviewed, out, "table", history)
    assert out.read_text() == "image_name,tags\n"
    write_labels(reviewed, out, "table", history, overwrite=True)
    assert backup(out).read_text() == "image_name,tags\n"
    assert out.read_text().startswith("image_name,forest,mine\n")


def test_a_review_replaces_its_own_table_and_not_one_that_was_edited_since(tmp_path, reviewed, history):
    out = write_labels(reviewed, tmp_path / "labels.csv", "table", history)
    write_labels(reviewed, out, "table", History(history.path))
    out.write_text(out.read_text() + "d.png,1,1\n")
    with pytest.raises(InputError, match="this review did not write it"):
        check_out(out, "table", history)


def test_an_ending_that_does_not_fit_is_refused(tmp_path, history):
    with pytest.raises(InputError, match=r"expected a name with \.csv or \.parquet"):
        check_out(tmp_path / "labels.json", "table", history)
    with pytest.raises(InputError, match="since it is a folder"):
        check_out(tmp_path / "labels.json", "fiftyone", history)
