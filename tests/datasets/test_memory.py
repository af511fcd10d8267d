"""Images and labels that are Python objects."""

import inspect
import re

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

import tailprobe
from tailprobe.datasets.pixels.decode import decode
from tailprobe.errors import InputError
from tailprobe.study import api

PIXELS = [np.full((6, 5, 3), 40 * n, np.uint8) for n in range(4)]


def counts(images):
    return dict(zip(images.labels.classes, images.labels.counts.tolist(), strict=True))


@pytest.fixture
def frame(folder):
    data = folder("a.jpg", "b.jpg", "c.png", "d.png")
    return pd.DataFrame({"name": ["a", "b", "c", "d"], "label": ["x", "y", "x", "x"]}), data


def test_a_frame_of_labels_goes_with_a_folder(frame):
    table, data = frame
    assert counts(tailprobe.read(data, labels=table)) == {"x": 3, "y": 1}
    table["label"] = ["x", None, np.nan, pd.NA]
    images = tailprobe.read(data, labels=table.assign(other=1.5))
    assert (images.names, counts(images)) == (("a",), {"x": 1})


def test_a_frame_of_paths_needs_no_folder(frame):
    _, data = frame
    paths = [str(data / name) for name in ("a.jpg", "b.jpg", "c.png", "d.png")]
    table = pd.DataFrame({"path": paths, "cat": [True, False, True, False], "dog": [True, True, False, False]})
    images = tailprobe.read(table)
    assert counts(images) == {"cat": 2, "dog": 2}
    assert images.image_sources[2].path == data / "c.png"
    table = pd.DataFrame({"path": paths, "tags": [["u", "v"], ["u"], [], ["v"]], "patient": [1, 1, 2, 2]})
    images = tailprobe.read(table, group_column="patient")
    assert counts(images) == {"u": 2, "v": 2}
    assert images.groups == ("1", "1", "2", "2")


@pytest.mark.parametrize("made", [Image.fromarray, lambda pixels: pixels])
def test_pictures_in_memory_keep_their_pixels(made):
    images = tailprobe.read([made(pixels) for pixels in PIXELS], labels=["sea lake", "sea lake", "land", "land"])
    assert images.names == ("image 0", "image 1", "image 2", "image 3")
    assert counts(images) == {"land": 2, "sea lake": 2}
    assert images.labels.kind == "single-label"
    np.testing.assert_array_equal(decode(images.image_sources[3].read(), where=""), PIXELS[3])
    assert len({source.etag() for source in images.image_sources}) == 4


@pytest.mark.parametrize(
    ("labels", "options", "expected"),
    [
        ([0, 1, 1, 0], {"classes": ["sea", "land"]}, {"sea": 2, "land": 2}),
        (np.array([0, 1, 1, 0]), {}, {"0": 2, "1": 2}),
        (np.array([[1, 0], [1, 1], [0, 0], [0, 1]]), {"classes": ["sea", "land"]}, {"sea": 2, "land": 2}),
        ([["a", "b"], [], ["b"], ["b"]], {}, {"a": 1, "b": 3}),
        (pd.Series(["a", "b", "b", "b"]), {}, {"a": 1, "b": 3}),
    ],
)
def test_labels_may_be_names_numbers_lists_or_a_matrix(labels, options, expected):
    assert counts(tailprobe.read(PIXELS, labels=labels, **options)) == expected


def test_paths_without_labels_are_read_and_embedded(frame, tmp_path):
    _, data = frame
    images = tailprobe.read([data / "a.jpg", data / "c.png"])
    assert images.labels.classes == ()
    assert len(tailprobe.embed(images, cache=tmp_path / "cache")) == 2
    everything = tailprobe.read(data, format="images")
    assert everything.names == ("a.jpg", "b.jpg", "c.png", "d.png")
    with pytest.raises(InputError, match="the images have no labels to compare by"):
        tailprobe.compare(everything, out=tmp_path / "run")


@pytest.mark.parametrize(
    ("source", "options", "message"),
    [
        (PIXELS, {"labels": ["a"]}, "1 for 4 images; expected one for each"),
        (PIXELS, {"labels": ["a", "b"] * 2, "seperator": ","}, "no option 'seperator'; did you mean 'separator'?"),
        ([1, 2], {}, "image 0: got int; expected a path, a PIL image or an array of pixels"),
        ([np.zeros((3, 3))], {}, "shape (3, 3) and dtype float64; expected pixels"),
        ([], {}, "no image; expected a list"),
        (["a.jpg", "a.jpg"], {}, "'a.jpg' is already image 0"),
        (PIXELS, {"labels": np.full((4, 2), 0.5)}, "expected 0 and 1 with a column for each class"),
        (PIXELS, {"format": "table"}, "the images are in memory; leave it away"),
        ("photos", {"labels": ["a", "b"]}, "list goes with a list of images"),
    ],
)
def test_what_cannot_be_read_is_one_line(source, options, message):
    with pytest.raises(InputError, match=re.escape(message)):
        tailprobe.read(source, **options)


def test_arrays_of_embeddings_and_labels_are_compared(tmp_path, monkeypatch):
    monkeypatch.setattr("tailprobe.study.run.DRAWN", {})
    rng = np.random.default_rng(0)
    y = np.array(["sea"] * 60 + ["land"] * 20)
    x = rng.normal(size=(80, 4)).astype(np.float32) + (y == "sea")[:, None] * 2
    run = tailprobe.compare(
        x, labels=y, encoders="mobilenet", methods="baseline", seeds=1, out=tmp_path / "run", cache=tmp_path / "cache"
    )
    assert len(run.classes) == 2
    assert run.encoders == ("mobilenet",)
    assert run.repeat.splitlines()[1] == (
        "tailprobe.compare(data, labels, encoders=['mobilenet'], methods=['baseline'], seeds=1, "
        f"kernel={run.record['kernel']!r}, "
        'out="AGAIN")'
    )
    with pytest.raises(InputError, match="one array of embeddings has one name, got a, b"):
        tailprobe.compare(x, labels=y, encoders=["a", "b"], out=tmp_path / "other")
    with pytest.raises(InputError, match=r"labels: row 1 has none \(1 rows in all\)"):
        tailprobe.compare(x[:3], labels=["a", None, "b"], out=tmp_path / "other")
    with pytest.raises(InputError, match="pass labels, one for each row"):
        tailprobe.compare(x, out=tmp_path / "other")


def test_labels_come_second_and_tensors_and_frames_are_arrays(tmp_path, monkeypatch):
    x, made = np.eye(4, dtype=np.float32).repeat(20, axis=0), []
    y = pd.get_dummies(pd.Series(["sea", "land", "mine", "sea"]).repeat(20)).reset_index(drop=True)
    monkeypatch.setattr(api, "run_study", lambda study, folder, execution, **given: made.append(given))
    compare = inspect.unwrap(tailprobe.compare)
    for data in (x, torch.tensor(x, requires_grad=True), pd.DataFrame(x)):
        compare(data, y, out=tmp_path)
        np.testing.assert_array_equal(made[-1]["embeddings"]["precomputed"].vectors, x)
        assert made[-1]["images"].labels.classes == ("land", "mine", "sea")
        np.testing.assert_array_equal(made[-1]["images"].labels.matrix, y)
    compare(x, torch.tensor([0, 1, 1, 0]).repeat_interleave(20), classes="tested", out=tmp_path)
    assert made[-1]["images"].labels.counts.tolist() == [40, 40]


def test_a_refused_call_leaves_no_temporary_folder(frame, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    with pytest.raises(InputError, match="no method is called"):
        tailprobe.compare(np.eye(4, dtype=np.float32), list("aabb"), methods="nowhere")
    assert list((tmp_path / "temporary").iterdir()) == []


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("encoder", "did you mean 'encoders'?"),
        ("method", "did you mean 'methods'?"),
        ("y", "did you mean 'labels'?"),
        ("random_state", "did you mean 'seed'?"),
        ("epochs", "pass it as recipe=tailprobe.Recipe(epochs=...)"),
    ],
)
def test_what_other_libraries_call_an_argument_is_told(name, hint):
    with pytest.raises(InputError, match=re.escape(f"compare takes no argument {name!r}; {hint}")):
        tailprobe.compare(np.eye(4, dtype=np.float32), list("aabb"), **{name: 1})


def test_what_goes_with_a_folder_is_said(tmp_path):
    for labels in (["a", "b"], pd.Series(["a", "b"])):
        with pytest.raises(InputError, match="goes with a list of images; expected a table of image names and labels"):
            tailprobe.compare(tmp_path, labels)


def test_a_misspelt_argument_of_compare_is_refused_at_once(frame, tmp_path):
    table, data = frame
    with pytest.raises(InputError, match="no argument 'sedes'; did you mean 'seeds'"):
        tailprobe.compare(data, sedes=3, out=tmp_path / "run")
    with pytest.raises(InputError, match="no argument 'label_column'; did you mean 'label_columns'"):
        tailprobe.compare(data, label_column="x", out=tmp_path / "run")
    with pytest.raises(InputError, match=r"read already; pass 'separator' to tailprobe\.read"):
        tailprobe.compare(tailprobe.read(data, labels=table), separator=",", out=tmp_path / "run")
