"""Folders as people have them: each is read right, or refused with the option that decides."""

import os
import unicodedata
import zipfile
from io import BytesIO
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

import tailprobe
from made_collections import counts, read, refused
from tailprobe.datasets.pixels.decode import decode


def png(red: int) -> bytes:
    stream = BytesIO()
    Image.new("RGB", (4, 4), (red, 0, 0)).save(stream, "PNG")
    return stream.getvalue()


@pytest.mark.parametrize(
    ("train", "other", "part"),
    [
        ("seg_train", "seg_test", "test"),
        ("seg_train/seg_train", "seg_test/seg_test", "test"),
        ("training_set", "test_set", "test"),
        ("train2017", "val2017", "validation"),
        ("Train", "Valid", "validation"),
        ("train_images", "testImages", "test"),
    ],
)
def test_19_parts_by_other_names_are_no_classes(build, train, other, part):
    """huggingface/datasets#7880; the folders of Intel's scenes."""
    build.image(*(f"{train}/{name}/{n}.png" for name in ("forest", "glacier") for n in range(3)))
    build.image(*(f"{other}/{name}/{n}.png" for name in ("forest", "glacier") for n in range(2)))
    images = read(build.top)
    assert counts(images) == {"forest": 5, "glacier": 5}
    assert (images.given_parts.count("train"), images.given_parts.count(part)) == (6, 4)


@pytest.mark.parametrize("unlabelled", ["seg_pred", "seg_pred/seg_pred", "unlabeled", "val_images"])
def test_a_folder_without_classes_next_to_parts_is_left_out(build, unlabelled):
    """Intel's scenes and Kaggle's competitions: train and test hold class folders, or only train does."""
    for part, number in (("seg_train", 3), ("seg_test", 2)):
        build.image(*(f"{part}/{name}/{n}.png" for name in ("forest", "glacier") for n in range(number)))
    build.image(f"{unlabelled}/1.png", f"{unlabelled}/2.png")
    images = read(build.top)
    assert counts(images) == {"forest": 5, "glacier": 5}
    assert (images.given_parts.count("train"), images.given_parts.count("test")) == (6, 4)
    assert f"2 images without a class folder left out ({unlabelled.partition('/')[0]})" in images.notes


def test_one_part_with_classes_is_no_split(build):
    build.image(*(f"train/{name}/{n}.png" for name in ("cat", "dog") for n in range(3)), "test/1.png")
    images = read(build.top)
    assert counts(images) == {"cat": 3, "dog": 3}
    assert images.given_parts is None


def test_parts_without_class_folders_are_no_classes(build):
    """The folders of YOLO; a vehicle may be a train, next to other vehicles."""
    build.image(
        "images/train/1.png", "images/train/2.png", "images/val/3.png", "trains/train/1.png", "trains/bus/2.png"
    )
    message = refused(build.top / "images")
    assert "the folders (train, val) are named like parts of a split" in message
    assert "--labels, or --class-level 1" in message
    assert counts(read(build.top / "images", class_level=1)) == {"train": 2, "val": 1}
    assert counts(read(build.top / "trains")) == {"bus": 1, "train": 1}


def test_21_one_unicode_form_for_names_and_classes(build):
    """llmsresearch/paperbanana#240, rfjakob/gocryptfs#992."""
    for n in range(6):
        build.image(unicodedata.normalize("NFD", f"images/Höhe_{n}.png"))
        part, form = ("train", "NFC") if n < 4 else ("val", "NFD")
        build.image(unicodedata.normalize(form, f"folders/{part}/{('Café', 'Grün')[n % 2]}/{n}.png"))
    rows = [
        [f"Höhe_{n}.png", unicodedata.normalize(("NFC", "NFD")[n % 2], "Café" if n < 4 else "Grün")] for n in range(6)
    ]
    images = read(build.top / "images", build.table("t.csv", [["filename", "label"], *rows]))
    assert counts(images) == {"Café": 4, "Grün": 2}
    assert counts(read(build.top / "folders")) == {"Café": 3, "Grün": 3}


def test_24_zips_of_other_systems(build):
    """ImageMarkup/isic-challenge-scoring#15, apple/turicreate#641."""
    with zipfile.ZipFile(build.top / "mac.zip", "w") as mac, zipfile.ZipFile(build.top / "win.zip", "w") as win:
        for n in range(6):
            name = ("Forest", "River")[n % 2]
            mac.writestr(f"chips/{name}/{n}.png", png(n))
            mac.writestr(f"__MACOSX/chips/{name}/._{n}.png", b"\0\5")
            info = zipfile.ZipInfo("x")
            info.filename = f"chips\\{name}\\{n}.png"
            win.writestr(info, png(n))
        mac.writestr("chips/.DS_Store", b"x")
    for name in ("mac.zip", "win.zip"):
        images = read(build.top / name)
        assert counts(images) == {"Forest": 3, "River": 3}
        assert decode(images.image_sources[0].read(), where="").shape == (4, 4, 3)


def test_33_images_inside_parquet_of_the_hub(build):
    """huggingface/datasets#4814, huggingface/datasets#5153."""
    rows = [({"bytes": png(n), "path": f"{n}.png"}, n % 2) for n in range(8)]
    (build.top / "hub/data").mkdir(parents=True)
    for part, chosen in (("train", rows[:6]), ("test", rows[6:])):
        table = pa.table({"image": [row[0] for row in chosen], "label": [row[1] for row in chosen]})
        pq.write_table(table, build.top / f"hub/data/{part}-00000-of-00001.parquet", row_group_size=2)
    for source in ("hub", "hub/data"):
        images = read(build.top / source)
        assert counts(images) == {"0": 4, "1": 4}
        by_name = dict(zip(images.names, images.given_parts, strict=True))
        assert (by_name["train/5.png"], by_name["test/7.png"]) == ("train", "test")
        red = {
            name: decode(s.read(), where="")[0, 0, 0]
            for name, s in zip(images.names, images.image_sources, strict=True)
        }
        assert red["train/5.png"] == 5
        assert red["test/7.png"] == 7
    assert counts(read(build.top / "hub/data/train-00000-of-00001.parquet")) == {"0": 3, "1": 3}


def test_33_class_names_stored_in_parquet(build):
    features = '{"info": {"features": {"label": {"names": ["cat", "dog"], "_type": "ClassLabel"}}}}'
    table = pa.table({"image": [{"bytes": png(n), "path": None} for n in range(4)], "label": [0, 1, 1, -1]})
    pq.write_table(table.replace_schema_metadata({"huggingface": features}), build.top / "x.parquet")
    assert counts(read(build.top / "x.parquet")) == {"cat": 1, "dog": 2}


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_33_a_table_of_metadata_in_each_part(build, kind):
    """huggingface/datasets#7880, huggingface/datasets#4069."""
    for part, numbers in (("train", range(6)), ("test", range(6, 9))):
        build.image(*(f"{part}/{n}.png" for n in numbers))
        frame = pd.DataFrame(
            {"file_name": [f"{n}.png" for n in numbers], "label": ["cat", "dog", "dog"] * (len(numbers) // 3)}
        )
        if kind == "csv":
            frame.to_csv(build.top / part / "metadata.csv", index=False)
        else:
            frame.to_json(build.top / part / "metadata.jsonl", orient="records", lines=True)
    images = read(build.top)
    assert counts(images) == {"cat": 3, "dog": 6}
    by_name = dict(zip(images.names, images.given_parts, strict=True))
    assert by_name == {f"train/{n}.png": "train" for n in range(6)} | {f"test/{n}.png": "test" for n in range(6, 9)}


def test_33_numbers_name_images(build):
    build.image(*(f"ids/{n}.png" for n in range(6)))
    pd.DataFrame({"image_id": range(6), "label": [0, 1] * 3}).to_parquet(build.top / "ids.parquet")
    images = read(build.top / "ids", build.top / "ids.parquet")
    assert counts(images) == {"0": 3, "1": 3}
    assert images.notes[0] == "ids.parquet: image: image_id; labels: label"


def test_35_levels_of_folders(build):
    build.image(*(f"tree/{top}/{low}/{top}{low}.png" for top in ("Animalia", "Plantae") for low in ("x", "y", "z")))
    message = refused(build.top / "tree")
    assert "all folders (Animalia, Plantae) contain the same folders (x, y, z)" in message
    assert counts(read(build.top / "tree", class_level=1)) == {"Animalia": 3, "Plantae": 3}
    images = read(build.top / "tree", class_level=2, group_column="level:1")
    assert counts(images) == {"x": 2, "y": 2, "z": 2}
    assert images.groups == ("Animalia",) * 3 + ("Plantae",) * 3
    build.image(*(f"wnid/{name}/images/{n}.png" for name in ("n01", "n02") for n in range(2)))
    assert counts(read(build.top / "wnid")) == {"n01": 2, "n02": 2}
    build.image("life/birds/owl/1.png", "life/birds/hawk/2.png", "life/trees/oak/3.png")
    assert any("(hawk, oak, owl) are not used; pass --class-level 2" in note for note in read(build.top / "life").notes)


def test_a_table_in_every_class_folder_stops(build):
    for name in ("a", "b"):
        build.image(f"{name}/1.png", f"{name}/2.png")
        build.table(f"{name}/labels.csv", [["image", "tags"], ["1.png", "x"], ["2.png", "y"]])
    assert "every folder contains a table (labels.csv)" in refused(build.top)
    assert counts(read(build.top, class_level=1)) == {"a": 2, "b": 2}


def test_a_folder_that_cannot_be_listed_is_an_error(build, monkeypatch):
    build.image("a/1.png", "a/deep/2.png", "b/3.png")
    listed = os.scandir

    def scandir(path: str | Path) -> object:
        if str(path).endswith("deep"):
            raise PermissionError(13, "Permission denied", str(path))
        return listed(path)

    monkeypatch.setattr(os, "scandir", scandir)
    assert "deep: the folder cannot be listed (Permission denied)" in refused(build.top)


def test_names_that_are_not_utf8_are_read_and_embedded(build, tmp_path):
    build.image("a/1.png", "b/2.png")
    with Path(os.fsdecode(os.fsencode(build.top) + b"/b/caf\xe9.png")).open("wb") as stream:
        stream.write(png(3))
    images = read(build.top)
    assert images.names == ("a/1.png", "b/2.png", "b/caf\\xe9.png")
    assert any("1 file names are not UTF-8" in note for note in images.notes)
    assert len(tailprobe.embed(images, cache=tmp_path / "cache")) == 3


def test_case_and_endings_match_and_near_misses_are_named(build):
    build.image("images/IMG_1.JPG", "images/img_2.jpeg", "images/img_3.png", "images/img_04.png")
    rows = [["img_1.jpg", "a"], ["IMG_2.JPG", "b"], ["img_3.jpg", "a"]]
    table = build.table("t.csv", [["filename", "label"], *rows])
    images = read(build.top / "images", table)
    assert counts(images) == {"a": 2, "b": 1}
    assert any(note.startswith("2 names differ from their files in case") for note in images.notes)
    assert any(note.startswith("1 names differ from their files in the ending") for note in images.notes)
    table = build.table("t.csv", [["filename", "label"], *rows, ["img_4.png", "b"]])
    assert "'img_4.png' is not in" in refused(build.top / "images", table)
    assert "(near: 'img_04.png'" in refused(build.top / "images", table)


def test_a_table_of_images_without_folders_is_proposed(build):
    """Roboflow's train/_classes.csv, when train itself is given."""
    names = [f"{n}.png" for n in range(6)]
    build.image(*names)
    build.table("_classes.csv", [["filename", "cat"], *([name, n % 2] for n, name in enumerate(names))])
    table = build.top / "_classes.csv"
    assert refused(build.top).endswith(f"_classes.csv names the images; pass --labels {table}")
