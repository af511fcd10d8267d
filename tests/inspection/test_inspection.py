"""The whole inspection of a small collection with known copies, a damaged file and embeddings."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import tailprobe
from tailprobe.datasets.images import LabeledImages
from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.errors import InputError
from tailprobe.inspection.inspection import Inspection, inspect_images
from tailprobe.inspection.write import write_inspection

TAGS = ["forest river", "forest", "forest", "forest", "river mine", "forest river", ""]
PARTS = ["train", "train", "test", "validation", "train", "test", "train"]


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> LabeledImages:
    """Seven images: 2 a copy of 1, 5 a copy of 0, 6 cut off in the middle."""
    folder = tmp_path_factory.mktemp("images")
    rng = np.random.default_rng(0)
    for i in range(7):
        Image.fromarray(rng.integers(0, 256, (20, 20, 3), dtype=np.uint8)).save(folder / f"{i}.jpg")
    for i, twin in ((2, 1), (5, 0)):
        (folder / f"{i}.jpg").write_bytes((folder / f"{twin}.jpg").read_bytes())
    whole = (folder / "6.jpg").read_bytes()
    (folder / "6.jpg").write_bytes(whole[: len(whole) // 2])
    table = pd.DataFrame({"image": [f"{i}.jpg" for i in range(7)], "tags": TAGS, "split": PARTS})
    table.to_csv(folder / "labels.csv", index=False)
    return tailprobe.read(folder, labels=folder / "labels.csv")


@pytest.fixture(scope="module")
def embeddings(images: LabeledImages) -> Embeddings:
    """Of all images but the damaged one, in another order; 3 lies close to 4."""
    rng = np.random.default_rng(1)
    vectors = rng.normal(size=(6, 16)).astype(np.float32)
    vectors[2], vectors[5] = vectors[1], vectors[0]
    vectors[3] = vectors[4] + 0.01
    order = [5, 3, 1, 0, 2, 4]
    return Embeddings(vectors[order], tuple(images.names[i] for i in order), "mine", "0" * 64)


@pytest.fixture(scope="module")
def inspection(images: LabeledImages, embeddings: Embeddings) -> Inspection:
    return inspect_images(images, embeddings=embeddings, rules=("below(2)", "below(1)"))


def test_the_labels_are_counted(inspection: Inspection) -> None:
    labels = inspection.labels
    counts = dict(zip(labels.classes, labels.counts.tolist(), strict=True))
    assert counts == {"forest": 5, "mine": 1, "river": 3}
    assert (labels.images, labels.untagged) == (7, 1)
    assert labels.mean_ratio == pytest.approx((1 + 5 + 5 / 3) / 3)
    assert labels.cooccurrence[labels.classes.index("mine"), labels.classes.index("river")] == 1


def test_a_rule_may_select_no_class_here(inspection: Inspection) -> None:
    assert [mask.tolist() for mask in inspection.labels.low_frequency.values()] == [[False, True, False], [False] * 3]


def test_copies_are_found_across_the_parts_that_the_data_give(inspection: Inspection) -> None:
    copies = inspection.copies
    assert copies is not None
    assert copies.groups.tolist() == [0, 1, 1, -1, -1, 0, -1]
    assert (copies.pairs, copies.pairs_across, copies.disagreeing) == (2, 2, 0)
    assert np.flatnonzero(copies.held_out_copied).tolist() == [2, 5]
    assert inspection.copies_of_class is not None
    assert inspection.copies_of_class.tolist() == [4, 0, 2]


def test_near_duplicates_are_reported_by_the_rows_of_the_images_not_of_the_embeddings(inspection: Inspection) -> None:
    near = inspection.near
    assert near is not None
    assert (near.pairs, near.pairs_across) == (1, 1)
    assert (near.listed.first.tolist(), near.listed.second.tolist()) == ([3], [4])
    assert np.flatnonzero(near.held_out_matched).tolist() == [3]
    assert near.groups.tolist() == [-1, -1, -1, 0, 0, -1, -1]


def test_a_file_cut_off_in_the_middle_is_unreadable(inspection: Inspection) -> None:
    files = inspection.files
    assert files is not None
    assert [bool(problem) for problem in files.problems] == [False] * 6 + [True]
    assert "6.jpg" in files.problems[6]


def test_a_missing_file_is_unreadable_and_no_copy(images: LabeledImages, tmp_path: Path) -> None:
    gone = replace(
        images, image_sources=tuple(replace(place, path=tmp_path / "gone") for place in images.image_sources)
    )
    found = inspect_images(gone)
    assert found.files is not None
    assert found.files.unreadable == 7
    assert found.copies is not None
    assert found.copies.number == 0


def test_without_files_and_embeddings_the_labels_remain(images: LabeledImages) -> None:
    found = inspect_images(images, read_files=False)
    assert (found.files, found.copies, found.near) == (None, None, None)


def test_embeddings_of_other_images_are_refused(images: LabeledImages, embeddings: Embeddings) -> None:
    stranger = replace(embeddings, names=("stranger.jpg", *embeddings.names[1:]))
    with pytest.raises(InputError, match=r"stranger\.jpg"):
        inspect_images(images, embeddings=stranger, read_files=False)


def test_the_folder_holds_every_number_and_table(inspection: Inspection, tmp_path: Path) -> None:
    written = write_inspection(inspection, tmp_path / "out")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {path.name for path in written}
    summary = json.loads((tmp_path / "out" / "inspection.json").read_text())
    assert summary["low_frequency"] == {"below(2)": ["mine"], "below(1)": []}
    assert summary["parts"] == {"train": 4, "validation": 1, "test": 2}
    assert summary["copies"]["held_out_images_with_a_copy_in_training"] == 2
    assert summary["near_duplicates"]["pairs"] == 1
    tables = {path.stem: pd.read_parquet(path) for path in written if path.suffix == ".parquet"}
    assert tables["copies"]["name"].tolist() == ["0.jpg", "5.jpg", "1.jpg", "2.jpg"]
    assert tables["near_duplicates"][["name", "other", "part", "other_part"]].to_numpy().tolist() == [
        ["3.jpg", "4.jpg", "validation", "train"]
    ]
    assert tables["unreadable"]["name"].tolist() == ["6.jpg"]
    assert tables["classes"].set_index("class_name").loc["mine", ["count", "copied", "below(2)"]].tolist() == [
        1,
        0,
        True,
    ]
    assert tables["cooccurrence"].to_numpy().tolist() == [["forest", "river", 2], ["mine", "river", 1]]


def test_an_earlier_inspection_is_replaced_and_anything_else_is_not(
    images: LabeledImages, inspection: Inspection, tmp_path: Path
) -> None:
    write_inspection(inspection, tmp_path / "out")
    write_inspection(inspect_images(images, read_files=False), tmp_path / "out")
    assert not (tmp_path / "out" / "copies.parquet").exists()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years")
    with pytest.raises(InputError, match="new or empty"):
        write_inspection(inspection, tmp_path / "mine")


def test_undefined_numbers_are_null_in_the_json(images: LabeledImages, tmp_path: Path) -> None:
    empty = tailprobe.Labels(np.zeros((7, 2), dtype=bool), ("a", "b"), "multi-label")
    write_inspection(inspect_images(replace(images, labels=empty), read_files=False), tmp_path / "out")
    summary = json.loads((tmp_path / "out" / "inspection.json").read_text())
    assert summary["mean_imbalance_ratio"] is None
    assert summary["scumble"] is None
