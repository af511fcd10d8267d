"""Further situations from public bug reports of people who do this job."""

import json

import pandas as pd
import pytest

import tailprobe
from made_collections import counts, read, refused


def test_a_list_of_paths_and_class_numbers(build):
    """open-mmlab/mmpretrain#507's annotation lists: no header, a blank between path and number."""
    paths = [f"train/n{n % 2}/x {n}.JPEG".replace(".JPEG", ".png") for n in range(8)]
    build.image(*(f"data/{path}" for path in paths))
    table = build.text("data/meta.txt", "".join(f"{path} {n % 2}\n" for n, path in enumerate(paths)))
    assert counts(read(build.top / "data", table)) == {"0": 4, "1": 4}


def test_a_list_with_a_header_and_the_number_of_rows(build):
    """d-li14/face-attribute-prediction#5, rasbt/deeplearning-models#50: CelebA's list of attributes."""
    build.image(*(f"img/{n:06}.png" for n in range(6)))
    rows = "".join(f"{n:06}.png  {1 if n < 2 else -1} {-1 if n < 3 else 1}\n" for n in range(6))
    images = read(build.top / "img", build.text("list_attr.txt", f"6\nBald Smiling\n{rows}"))
    assert counts(images) == {"Bald": 2, "Smiling": 3}


def test_a_header_over_a_list_with_blanks(build):
    build.image(*(f"img/{n}.png" for n in range(6)))
    table = build.text("t.txt", "filename label\n" + "".join(f"{n}.png {'ab'[n % 2]}\n" for n in range(6)))
    assert counts(read(build.top / "img", table)) == {"a": 3, "b": 3}


@pytest.mark.parametrize(("form", "between"), [("{}", ","), ("{}", " "), ("[{}]", ", "), ("[{}]", " ")])
def test_a_cell_of_0_and_1_for_each_class(build, form, between):
    """PaddlePaddle/PaddleClas#2115, keras-team/keras-preprocessing#241: a vector in a cell."""
    vectors = ["110", "010", "001", "111", "000", "010"]
    build.image(*(f"img/{n}.png" for n in range(6)))
    lines = [f"{n}.png\t{form.format(between.join(v))}" for n, v in enumerate(vectors)]
    table = build.text("t.tsv", "image\tlabels\n" + "\n".join(lines))
    images = read(build.top / "img", table)
    assert counts(images) == {"0": 2, "1": 4, "2": 2}
    assert any("pass their names in this order with --classes" in note for note in images.notes)
    assert counts(read(build.top / "img", table, classes="sea,land,sky")) == {"sea": 2, "land": 4, "sky": 2}
    assert "3 classes; expected 3 names in --classes, got 2" in refused(build.top / "img", table, classes="sea,land")


def test_a_tab_between_path_and_a_vector_without_a_header(build):
    """PaddlePaddle/PaddleClas#2138."""
    build.image(*(f"img/{n}.png" for n in range(4)))
    table = build.text("t.txt", "".join(f"{n}.png\t{n % 2},1,{1 - n % 2}\n" for n in range(4)))
    assert counts(read(build.top / "img", table)) == {"0": 2, "1": 4, "2": 2}


def test_blanks_in_folders_and_an_index(build):
    """keras-team/keras-preprocessing#92."""
    paths = [f"March 29 2018/Top view_1-{n}/IMG_{n}.JPG".replace(".JPG", ".png") for n in range(6)]
    build.image(*(f"data/{path}" for path in paths))
    table = build.table("t.csv", [["", "filepath", "label"], *([n, p, "ab"[n % 2]] for n, p in enumerate(paths))])
    assert counts(read(build.top / "data", table)) == {"a": 3, "b": 3}


def test_names_without_endings_and_labels_of_0_and_1(build):
    """keras-team/keras-preprocessing#88, keras-team/keras-preprocessing#169."""
    build.image(*(f"train/f38a{n}.png" for n in range(6)))
    table = build.table("t.csv", [["id", "label"], *([f"f38a{n}", int(n < 2)] for n in range(6))])
    images = read(build.top / "train", table)
    assert (counts(images), images.labels.kind) == ({"0": 4, "1": 2}, "single-label")


def test_columns_of_no_usual_name(build):
    """fastai/fastai#1169: filenames and class numbers under `cats`."""
    build.image(*(f"train/n{n % 2}/n_{n}.png" for n in range(8)))
    rows = [[f"n{n % 2}/n_{n}.png", 350 + n % 2] for n in range(8)]
    images = read(build.top / "train", build.table("t.csv", [["filenames", "cats"], *rows]))
    assert counts(images) == {"350": 4, "351": 4}


def test_words_at_spaces_combine(build):
    """Lightning-Universe/lightning-flash#728: 6 classes, not 11."""
    cells = ["healthy", "scab", "scab frog_eye_leaf_spot", "scab frog_eye_leaf_spot complex", "rust", "rust complex"]
    cells += [
        "rust frog_eye_leaf_spot",
        "powdery_mildew",
        "powdery_mildew complex",
        "complex",
        "frog_eye_leaf_spot complex",
    ]
    cells = cells * 3
    build.image(*(f"img/{n}.png" for n in range(len(cells))))
    images = read(
        build.top / "img", build.table("t.csv", [["image", "labels"], *([f"{n}.png", c] for n, c in enumerate(cells))])
    )
    assert len(images.labels.classes) == 6
    assert counts(images)["complex"] == 15


@pytest.mark.parametrize("hidden", [".ipynb_checkpoints", ".git", "__MACOSX"])
def test_hidden_folders_are_no_classes(build, hidden):
    """pytorch/vision#2831, tensorflow/tensorflow#46595, open-mmlab/mmpretrain#507."""
    build.image("a/1.png", "b/2.png", f"{hidden}/1-checkpoint.png", f"a/{hidden}/1-checkpoint.png")
    assert counts(read(build.top)) == {"a": 1, "b": 1}


def test_numbered_folders_keep_their_numbers(build):
    """modestyachts/ImageNetV2#10: class 100 was labelled 2."""
    build.image(*(f"{c}/{n}.png" for c in (0, 1, 10, 100, 2) for n in range(c + 1 if c < 3 else 1)))
    assert counts(read(build.top)) == {"0": 1, "1": 2, "10": 1, "100": 1, "2": 3}


def test_metadata_at_the_top(build):
    """huggingface/datasets#6442."""
    build.image(*(f"{n}.png" for n in range(4)))
    lines = [json.dumps({"file_name": f"{n}.png", "label": "ab"[n % 2], "prompt": f"text {n}"}) for n in range(4)]
    build.text("metadata.jsonl", "\n".join(lines))
    assert counts(read(build.top)) == {"a": 2, "b": 2}


def test_a_table_beside_folders_that_are_no_classes(build):
    """huggingface/datasets#6777: images and padded_images became classes."""
    build.image(*(f"{top}/{n}.png" for top in ("images", "padded_images") for n in range(4)))
    table = build.table("metadata1000.csv", [["caption", "image"], *([f"a {n}", f"images/{n}.png"] for n in range(4))])
    assert f"pass --labels {table}, or --class-level 1" in refused(build.top)
    build.table("metadata1000.csv", [["image", "label"], *([f"images/{n}.png", "ab"[n % 2]] for n in range(4))])
    assert counts(read(build.top, table)) == {"a": 2, "b": 2}


def test_a_table_beside_images_without_folders(build):
    build.image(*(f"{n}.png" for n in range(6)))
    table = build.table(
        "labels.csv", [["file", "label", "scene"], *([f"{n}.png", "ab"[n % 2], n // 2] for n in range(6))]
    )
    assert (
        refused(build.top)
        == f"{build.top}: no folders of classes, but labels.csv names the images; pass --labels {table}"
    )
    assert counts(read(table)) == {"a": 3, "b": 3}  # by label; a scene beside it is a group


def test_a_table_that_repeats_the_class_folders_does_not_stop(build):
    build.image(*(f"{name}/{n}.png" for name in ("Forest", "River") for n in range(3)))
    rows = [[f"{name}/{n}.png", name] for name in ("Forest", "River") for n in range(3)]
    build.table("train.csv", [["Filename", "ClassName"], *rows])
    assert counts(read(build.top)) == {"Forest": 3, "River": 3}


def test_a_column_of_names_lists_and_tuples(build):
    """keras-team/keras-preprocessing#136: a DataFrame with one class or several in a cell."""
    build.image(*(f"img/{n}.png" for n in range(4)))
    frame = pd.DataFrame({"image": [f"{n}.png" for n in range(4)], "class": ["a", ["a", "b"], ("c", "b"), []]})
    images = tailprobe.read(build.top / "img", labels=frame)
    assert counts(images) == {"a": 2, "b": 2, "c": 1}


def test_measurements_are_no_classes(build):
    """BayesWatch/sequential-imagenet-dataloader#11, keras-team/keras#15440: labels of a regression."""
    build.image(*(f"img/{n}.png" for n in range(8)))
    table = build.text("t.txt", "".join(f"{n}.png {n / 7 + 0.013:.3f}\n" for n in range(8)))
    assert "column 'column 2' holds measurements, such as 0.013" in refused(build.top / "img", table)


def test_the_column_that_names_files_goes_before_one_called_id(build):
    """cleanlab/cleanlab-studio#56."""
    build.image(*(f"img/{n}.png" for n in range(4)))
    rows = [[f"row-{n}", f"img/{n}.png", "ab"[n % 2], n * 1.5] for n in range(4)]
    table = build.table("t.csv", [["id", "vizzy_path", "label", "score"], *rows])
    images = read(build.top, table)
    assert counts(images) == {"a": 2, "b": 2}
    assert images.notes[0] == "t.csv: image: vizzy_path; labels: label; ignored: id, score"


@pytest.mark.parametrize("prefix", ["/kaggle/input/birds/", "C:\\Users\\me\\birds\\", "s3://bucket/birds/", "birds/"])
def test_paths_of_another_machine(build, prefix):
    """autogluon/autogluon#1153: paths as they were where the table was written."""
    build.image(*(f"img/{'xy'[n % 2]}/{n}.png" for n in range(4)))
    rows = [[f"{prefix}{'xy'[n % 2]}/{n}.png", "ab"[n % 2]] for n in range(4)]
    assert counts(read(build.top / "img", build.table("t.csv", [["path", "label"], *rows]))) == {"a": 2, "b": 2}


def test_a_row_for_each_label(build):
    """EscVM/OIDv4_ToolKit#57: Open Images; one row per image and class, boxes of one class repeated."""
    build.image(*(f"img/{n}.png" for n in range(12)))
    rows = [[f"{n}.png", 10, 10, name, n] for n in range(12) for name in (["cat", "cat", "dog"] if n < 8 else ["dog"])]
    table = build.table("t.csv", [["filename", "width", "height", "class", "xmin"], *rows])
    images = read(build.top / "img", table)
    assert (len(images), counts(images), images.labels.kind) == (12, {"cat": 8, "dog": 12}, "multi-label")
    assert any("one row per label of an image: 28 rows merged into 12 images" in note for note in images.notes)


def test_one_row_that_contradicts_another_is_no_second_label(build):
    build.image(*(f"img/{n}.png" for n in range(12)))
    rows = [[f"{n}.png", "ab"[n % 2]] for n in range(12)]
    table = build.table("t.csv", [["filename", "label"], *rows, ["3.png", "a"], ["4.png", "a"]])
    message = refused(build.top / "img", table)
    assert "t.csv, row 14: image '3.png' is already in row 5 with other labels" in message
    assert "--kind multi-label" in message
    assert counts(read(build.top / "img", table, kind="multi-label")) == {"a": 7, "b": 6}


def coco(names, of_images, classes=("mine", "river")):
    return json.dumps(
        {
            "images": [{"id": n, "file_name": name} for n, name in enumerate(names)],
            "categories": [{"id": 7 + c, "name": name} for c, name in enumerate(classes)],
            "annotations": [
                {"id": n, "image_id": image, "category_id": 7 + c} for n, (image, c) in enumerate(of_images)
            ],
        }
    )


def test_coco_annotations(build):
    """roboflow/supervision#625."""
    build.image(*(f"img/{n}.png" for n in range(4)))
    table = build.text("instances.json", coco([f"{n}.png" for n in range(4)], [(0, 0), (0, 0), (0, 1), (1, 1), (2, 1)]))
    images = read(build.top / "img", table)
    assert (counts(images), images.labels.kind) == ({"mine": 1, "river": 3}, "multi-label")


def test_a_coco_file_in_each_part(build):
    """roboflow/roboflow-python#386: an export has train, valid and test."""
    for part in ("train", "valid", "test"):
        build.image(*(f"{part}/{n}.png" for n in range(3)))
        build.text(
            f"{part}/_annotations.coco.json", coco([f"{n}.png" for n in range(3)], [(0, 0), (1, 1), (2, 0), (2, 1)])
        )
    images = read(build.top)
    assert counts(images) == {"mine": 6, "river": 6}
    assert sorted(set(images.given_parts)) == ["test", "train", "validation"]


def test_a_table_of_columns_in_each_part(build):
    for part in ("train", "valid"):
        build.image(*(f"{part}/{n}.png" for n in range(3)))
        build.text(
            f"{part}/_classes.csv", "filename, mine, river\n" + "".join(f"{n}.png, {n % 2}, 1\n" for n in range(3))
        )
    images = read(build.top)
    assert counts(images) == {"mine": 2, "river": 6}
    assert images.given_parts.count("validation") == 3


def test_label_studio_exports(build):
    """ThilinaRajapakse/simpletransformers#51's kind: choices as Label Studio writes them."""
    build.image(*(f"img/{n}.png" for n in range(4)))
    chosen = [["cat"], ["cat", "dog"], ["dog"], None]
    tasks = [
        {
            "id": n,
            "data": {"image": f"/data/upload/1/{n}.png"},
            "annotations": [] if own is None else [{"result": [{"type": "choices", "value": {"choices": own}}]}],
        }
        for n, own in enumerate(chosen)
    ]
    images = read(build.top / "img", build.text("export.json", json.dumps(tasks)))
    assert counts(images) == {"cat": 2, "dog": 2}
    small = [
        {"image": f"/data/upload/1/{n}.png", "choice": own[0] if len(own) == 1 else {"choices": own}}
        for n, own in enumerate(chosen[:3])
    ]
    assert counts(read(build.top / "img", build.text("min.json", json.dumps(small)))) == {"cat": 2, "dog": 2}


def test_packed_tables_and_lines_of_json(build):
    build.image(*(f"img/{n}.png" for n in range(4)))
    frame = pd.DataFrame({"image": [f"{n}.png" for n in range(4)], "tags": [["a"], ["a", "b"], ["b"], []]})
    frame.to_json(build.top / "t.jsonl", orient="records", lines=True)
    assert counts(read(build.top / "img", build.top / "t.jsonl")) == {"a": 2, "b": 2}
    frame.assign(tags=["a", "a|b", "b", "b"]).to_csv(build.top / "t.csv.gz", index=False)
    assert counts(read(build.top / "img", build.top / "t.csv.gz")) == {"a": 2, "b": 3}


def test_class_names_with_commas(build):
    names = ["Dog, domestic", "Cat, wild", "Newt"] * 4
    build.image(*(f"img/{n}.png" for n in range(12)))
    images = read(
        build.top / "img", build.table("t.csv", [["image", "label"], *([f"{n}.png", c] for n, c in enumerate(names))])
    )
    assert (counts(images), images.labels.kind) == ({"Cat, wild": 4, "Dog, domestic": 4, "Newt": 4}, "single-label")
    assert set(counts(read(build.top / "img", build.top / "t.csv", drop_class=["Newt"]))) == {
        "Cat, wild",
        "Dog, domestic",
    }


def test_a_name_of_two_words_beside_one_of_its_words_is_not_guessed(build):
    names = ["dog", "hot dog", "cat"] * 4
    build.image(*(f"img/{n}.png" for n in range(12)))
    table = build.table("t.csv", [["image", "label"], *([f"{n}.png", c] for n, c in enumerate(names))])
    message = refused(build.top / "img", table)
    assert "t.csv, row 3: 'hot dog' in column 'label' may be one class or 2 labels" in message
    assert "--kind single-label, or --separator ' '" in message
    assert counts(read(build.top / "img", table, kind="single-label")) == {"cat": 4, "dog": 4, "hot dog": 4}


def test_words_that_only_occur_together_are_one_name(build):
    cells = ["bare ground road", "road bare ground", "bare ground", "road water", "water", "bare ground water"] * 2
    build.image(*(f"img/{n}.png" for n in range(12)))
    table = build.table("t.csv", [["image", "tags"], *([f"{n}.png", c] for n, c in enumerate(cells))])
    images = read(build.top / "img", table)
    assert counts(images) == {"bare ground": 8, "road": 6, "water": 6}
    assert any("'bare ground' is taken as one name" in note for note in images.notes)
    assert counts(read(build.top / "img", table, separator=" "))["bare"] == 8


def test_class_numbers_beside_their_names(build):
    build.image(*(f"img/{n}.png" for n in range(6)))
    rows = [[f"{n}.png", n % 2, ["sea", "land"][n % 2]] for n in range(6)]
    images = read(build.top / "img", build.table("t.csv", [["image", "label", "class_name"], *rows]))
    assert counts(images) == {"land": 3, "sea": 3}


def test_classes_are_merged_by_a_table(build):
    """ml-hongkong/hongkong_flowers#7: a class under another name in the table."""
    build.image(*(f"{name}/{n}.png" for name in ("oak", "pine", "fir") for n in range(2)))
    table = build.table("merge.csv", [["old", "new"], ["pine", "conifer"], ["fir", "conifer"]])
    assert counts(read(build.top, merge_classes=str(table))) == {"conifer": 4, "oak": 2}
    build.table("merge.csv", [["old", "new"], ["pin", "conifer"]])
    assert "merge.csv, row 2: no class is called 'pin'; did you mean 'pine'" in refused(
        build.top, merge_classes=str(table)
    )


def test_columns_that_are_all_called_is_are_classes(build):
    build.image(*(f"img/{n}.png" for n in range(4)))
    rows = [[f"{n}.png", int(n < 2), int(n > 0)] for n in range(4)]
    images = read(build.top / "img", build.table("t.csv", [["image", "is_mine", "has_road"], *rows]))
    assert counts(images) == {"has_road": 3, "is_mine": 2}
