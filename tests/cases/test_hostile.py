"""What a hostile user found: each was misread in silence, a traceback, or a message about something else."""

import io
import json
import tarfile

import numpy as np
import pytest
from PIL import Image

import tailprobe
from made_collections import counts, read, refused
from tailprobe.datasets.memory import read_memory
from tailprobe.labels import Labels
from tailprobe.runs.settings import Study
from tailprobe.splits import plan_splits
from tailprobe.study.design import design_study

PIXELS = [np.full((4, 4, 3), n, np.uint8) for n in range(10)]


@pytest.mark.parametrize(
    "source", [(p for p in PIXELS), {"a": 1}, {"a.png"}, 7], ids=["generator", "dict", "set", "int"]
)
def test_what_is_no_source_is_one_line(source):
    with pytest.raises(tailprobe.InputError, match="expected a path, a URL, a DataFrame, or a list of paths"):
        tailprobe.read(source)


def test_labels_may_be_a_tensor():
    import torch

    images = tailprobe.read(PIXELS, labels=torch.tensor([0, 1] * 5), classes=["a", "b"])
    assert counts(images) == {"a": 5, "b": 5}


def test_pil_images_of_any_mode_are_read():
    images = read_memory([Image.new(mode, (5, 5)) for mode in ("L", "RGBA", "RGB", "1")], ["x", "y"] * 2)
    assert counts(images) == {"x": 2, "y": 2}


def test_a_category_that_coco_does_not_list_is_named(build):
    build.image("images/0.png")
    coco = {"images": [{"id": 0, "file_name": "0.png"}], "categories": [{"id": 1, "name": "a"}]}
    coco["annotations"] = [{"id": 0, "image_id": 0, "category_id": 9}]
    table = build.text("coco.json", json.dumps(coco))
    assert "an annotation has category 9, which is not among the 1 categories of the file" in refused(
        build.top / "images", table
    )


def test_class_numbers_under_y_are_classes(build):
    """WILDS' metadata: y holds 0 and 1, and split names parts of its own."""
    build.image(*(f"images/{n}.png" for n in range(10)))
    parts = ["train", "val", "test", "id_val", "id_test"]
    table = build.table("t.csv", [["path", "y", "split"], *([f"{n}.png", n % 2, parts[n % 5]] for n in range(10))])
    assert "--part-values 'id_val=leave-out,id_test=leave-out'" in refused(build.top / "images", table)
    images = read(build.top / "images", table, part_values=["id_val=leave-out", "id_test=leave-out"])
    assert (counts(images), images.labels.kind, len(images)) == ({"0": 3, "1": 3}, "single-label", 6)


def test_a_separator_that_no_cell_holds_is_pointed_out(build):
    build.image(*(f"images/{n}.png" for n in range(4)))
    table = build.table("t.csv", [["image", "label"], *([f"{n}.png", "x~y" if n % 2 else "y"] for n in range(4))])
    images = read(build.top / "images", table, separator="|")
    assert "no cell of column 'label' holds the --separator '|'" in images.notes
    assert counts(read(build.top / "images", table, separator="~")) == {"x": 2, "y": 4}


def test_a_group_that_no_sample_of_shards_has_is_refused(build):
    with tarfile.open(build.top / "s-000.tar", "w") as tar:
        for n in range(6):
            picture = io.BytesIO()
            Image.fromarray(PIXELS[n]).save(picture, format="PNG")
            about = json.dumps({"label": "ab"[n % 2], "patient": n // 2}).encode()
            for name, data in ((f"{n}.png", picture.getvalue()), (f"{n}.json", about)):
                member = tarfile.TarInfo(name)
                member.size = len(data)
                tar.addfile(member, io.BytesIO(data))
    images = read(build.top / "s-000.tar", group_column="patient")
    assert images.groups == ("0", "0", "1", "1", "2", "2")
    assert "no sample has 'pat' in its .json" in refused(build.top / "s-000.tar", group_column="pat")


def test_a_class_too_small_for_a_split_names_the_options_that_leave_it_out():
    labels = Labels.from_tags([["a"]] * 9 + [["b"]], kind="single-label")
    with pytest.raises(
        tailprobe.InputError, match=r"'b' \(1\); leave them out with --min-images 3 or --drop-class 'b'"
    ):
        plan_splits(labels, "stratified").split(0)
    groups = [f"{n // 3}" for n in range(10)]
    with pytest.raises(tailprobe.InputError, match=r"too few groups.*leave them out with --drop-class 'b'"):
        plan_splits(labels, "stratified", groups=groups).split(0)


@pytest.mark.parametrize("method", ["smote(0)", "smote(5, 0)", "k_centre(0)", "smote(-3)"])
def test_arguments_of_methods_that_read_embeddings_are_checked_before_anything_is_embedded(method):
    images = tailprobe.read(PIXELS, labels=["a"] * 6 + ["b"] * 4)
    study = Study(source="x", methods=("baseline", method), low_frequency="named(b)", seeds=1, split="stratified")
    with pytest.raises(tailprobe.InputError, match="expected 1 to"):
        design_study(study, images)
