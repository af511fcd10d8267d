"""Label tables as people have them: each is read right, or refused with the option that decides."""

import json

import pandas as pd
import pytest

from made_collections import COUNTS, LABELS, SINGLE, counts, one_hot, read, refused

HEADER = ["image", *COUNTS]


@pytest.mark.parametrize(
    ("yes", "no"), [("True", "False"), ("1", "0"), ("1.0", "0.0"), ("yes", "no"), ("1", "-1"), ("Y", "N"), ("x", "")]
)
def test_01_columns_of_yes_and_no_are_classes(build, labelled, yes, no):
    """mrdbourke/tensorflow-deep-learning#559: `get_dummies` writes True and False."""
    table = build.table("labels.csv", [HEADER, *one_hot(labelled(LABELS), yes, no)])
    images = read(build.top / "images", table)
    assert counts(images) == COUNTS
    assert images.labels.kind == "multi-label"


def test_02_blanks_after_commas_belong_to_no_cell(build, labelled):
    """roboflow/roboflow-python#386: `_classes.csv` of a multi-label export."""
    rows = [HEADER, *one_hot(labelled(LABELS, "train"), 1, 0)]
    table = build.text("train/_classes.csv", "\n".join(", ".join(map(str, row)) for row in rows))
    for images in (read(build.top / "train", table), read(table)):
        assert counts(images) == COUNTS
    assert counts(read(table, label_columns="cat")) == {"cat": 12}


def test_04_uncertain_and_blank_cells_follow_a_stated_policy(build):
    """stanfordmlgroup/chexpert-labeler#44, mlmed/torchxrayvision#119."""
    cells = [["1.0", "0.0"], ["1.0", ""], ["-1.0", "1.0"], ["0.0", "-1.0"], ["", "1.0"], ["1.0", "0.0"]]
    paths = [f"CheX/train/patient{n // 2:03}/view{n}.jpg" for n in range(6)]
    build.image(*paths)
    rows = [[path, "Male", 40 + n, "AP", *cells[n]] for n, path in enumerate(paths)]
    table = build.table("train.csv", [["Path", "Sex", "Age", "AP/PA", "Edema", "Mass"], *rows])
    message = refused(build.top, table)
    assert "train.csv, row 4: column 'Edema' holds -1, an uncertain label" in message
    assert "2 uncertain cells and 2 blank cells" in message
    assert "--uncertain negative --blank negative, or ignore (for that class only), positive, or leave-out" in message
    assert counts(read(build.top, table, uncertain="negative", blank="negative")) == {"Edema": 3, "Mass": 2}
    assert counts(read(build.top, table, uncertain="positive", blank="negative")) == {"Edema": 4, "Mass": 3}
    left = read(build.top, table, uncertain="leave-out", blank="negative")
    assert (len(left), counts(left)) == (4, {"Edema": 3, "Mass": 1})
    assert "2 rows left out because of 2 uncertain cells" in left.notes
    assert left.notes[0].endswith("ignored: Sex, Age, AP/PA")


def test_05_a_class_without_an_image_is_left_out_and_named(build, labelled):
    """yang-ruixin/PyTorch-Image-Models-Multi-Label-Classification#8; ISIC's UNK."""
    names = [name.removesuffix(".png") for name in labelled([["MEL"]] * 4 + [["NV"]] * 6)]
    rows = [[name, float(n < 4), float(n >= 4), "0.0"] for n, name in enumerate(names)]
    table = build.table("truth.csv", [["image", "MEL", "NV", "UNK"], *rows])
    images = read(build.top / "images", table)
    assert (counts(images), images.labels.kind) == ({"MEL": 4, "NV": 6}, "single-label")
    assert "classes left out because no image carries them: UNK" in images.notes
    assert counts(read(build.top / "images", table, classes="NV,MEL")) == {"NV": 6, "MEL": 4}
    assert "'UNK'; leave it out of --classes" in refused(build.top / "images", table, classes=["MEL", "NV", "UNK"])


@pytest.mark.parametrize(("extra", "cells"), [("", range(20)), ("Unnamed: 0", range(20)), ("who", ["ann"] * 20)])
def test_06_columns_beside_those_of_classes_are_ignored(build, labelled, extra, cells):
    """fastai/fastai#1169, fastai/fastai#851: `to_csv` with its index."""
    rows = [[cell, *row] for cell, row in zip(cells, one_hot(labelled(LABELS), 1, 0), strict=True)]
    images = read(build.top / "images", build.table("labels.csv", [[extra, *HEADER], *rows]))
    assert counts(images) == COUNTS
    assert images.notes[0].endswith(f"ignored: {extra or 'column 1'}")


def test_07_binary_columns_that_are_no_classes_are_not_guessed(build, labelled):
    """fastai/fastai#1874: `is_valid` beside columns of classes."""
    rows = [[row[0], n % 5 == 0, n % 2, *row[1:]] for n, row in enumerate(one_hot(labelled(LABELS), 1, 0))]
    rows = [[int(cell) if isinstance(cell, bool) else cell for cell in row] for row in rows]
    table = build.table("labels.csv", [["image", "is_valid", "night", *COUNTS], *rows])
    assert "--label-columns night,cat,dog,newt" in refused(build.top / "images", table)
    for option in ("label_columns", "classes"):
        images = read(build.top / "images", table, **{option: "cat,dog,newt"})
        assert counts(images) == COUNTS
        assert images.given_parts.count("validation") == 4
        assert images.notes[0].endswith("part: is_valid; ignored: night")


@pytest.mark.parametrize(
    "write",
    [
        repr,
        json.dumps,
        lambda own: repr(tuple(own)),
        lambda own: "[" + " ".join(map(repr, own)) + "]",  # as NumPy writes an array
        lambda own: json.dumps({"choices": own}),  # Label Studio
        lambda own: "[" + ", ".join(own) + "]",
    ],
)
def test_08_lists_in_cells_are_lists(build, labelled, write):
    """scikit-learn/scikit-learn#14962, pandas-dev/pandas#10813: `to_csv` of a column of lists."""
    rows = [[name, write(own)] for name, own in zip(labelled(LABELS), LABELS, strict=True)]
    images = read(build.top / "images", build.table("labels.csv", [["image", "labels"], *rows]))
    assert counts(images) == COUNTS
    assert images.notes[0] == "labels.csv: image: image; labels: labels, lists"


def test_10_other_names_of_columns_bars_and_patients(build):
    """jrzech/reproduce-chexnet#2, sunlabuiuc/PyHealth#343."""
    found = ["No Finding", "Effusion|Mass", "Mass", "Effusion"] * 5
    paths = [f"images_{1 + n // 10:03}/images/{n // 2:08}_{n % 2:03}.png" for n in range(20)]
    build.image(*paths)
    rows = [[path.rpartition("/")[2], found[n], n % 2, n // 2, 50] for n, path in enumerate(paths)]
    header = ["Image Index", "Finding Labels", "Follow-up #", "Patient ID", "Patient Age"]
    table = build.table("Data_Entry_2017.csv", [header, *rows])
    images = read(build.top, table)
    assert counts(images) == {"Effusion": 10, "Mass": 10, "No Finding": 5}
    assert images.notes[0].startswith(
        "Data_Entry_2017.csv: image: Image Index; labels: Finding Labels, split at '|'; ignored: Follow-up #, Patient"
    )
    assert any("--group-column 'Patient ID'" in note for note in images.notes)
    grouped = read(build.top, table, group_column="Patient ID")
    assert grouped.groups == tuple(str(n // 2) for n in range(20))


@pytest.mark.parametrize("column", ["labels", "label", "tags", "class", "categories"])
def test_13_words_of_a_name_stay_together(build, labelled, column):
    """EscVM/OIDv4_ToolKit#57; EuroSAT's classes."""
    names = [*SINGLE, "Permanent Crop", "Permanent Crop", "Permanent Crop", "Permanent Crop"]
    rows = [[name, own] for name, own in zip(labelled([[n] for n in names]), names, strict=True)]
    images = read(build.top / "images", build.table("labels.csv", [["filename", column], *rows]))
    assert counts(images) == {"Annual Crop": 10, "Highway": 4, "Permanent Crop": 4, "Sea Lake": 6}
    assert images.labels.kind == "single-label"


@pytest.mark.parametrize("word", ["", "nan", "NaN", "NA", "None", "null", "<NA>"])
def test_14_unlabelled_rows_are_left_out_and_change_nothing(build, labelled, word):
    """mlmed/torchxrayvision#22, fastai/fastai#1506."""
    own = [word if n % 10 == 9 else ["cat", "dog"][n % 2] for n in range(40)]
    rows = list(zip(labelled([[o] for o in own]), own, strict=True))
    table = build.table("labels.csv", [["filename", "label"], *rows])
    images = read(build.top / "images", table)
    assert (counts(images), images.labels.kind) == ({"cat": 20, "dog": 16}, "single-label")
    assert any(note.startswith("4 rows name no tag and are left out") for note in images.notes)
    kept = read(build.top / "images", table, unlabelled="negative", kind="multi-label")
    assert (len(kept), counts(kept)) == (40, {"cat": 20, "dog": 16})
    assert "--unlabelled leave-out" in refused(build.top / "images", table, unlabelled="negative", kind="single-label")
    if word:
        assert counts(read(build.top / "images", table, missing_words=""))[word] == 4


def test_14_a_word_on_most_rows_is_not_guessed(build, labelled):
    own = ["None" if n % 3 else "scratch" for n in range(12)]
    rows = list(zip(labelled([[o] for o in own]), own, strict=True))
    table = build.table("labels.csv", [["filename", "label"], *rows, ["im_000.png", "scratch"]])
    assert "8 of 13 rows hold 'None'; pass --missing-words ''" in refused(build.top / "images", table)
    assert counts(read(build.top / "images", table, missing_words="")) == {"None": 8, "scratch": 4}
    assert counts(read(build.top / "images", table, unlabelled="leave-out")) == {"scratch": 4}


def test_14_numbers_with_holes_are_whole_numbers(build, labelled):
    names = labelled([["x"]] * 6)
    pd.DataFrame({"filename": names, "label": [0.0, 1.0, None, 1.0, 0.0, 1.0]}).to_parquet(build.top / "t.parquet")
    images = read(build.top / "images", build.top / "t.parquet")
    assert (counts(images), images.labels.kind) == ({"0": 2, "1": 3}, "single-label")


def test_15_names_that_differ_in_case_or_blanks_are_pointed_out(build, labelled):
    """EscVM/OIDv4_ToolKit#57."""
    own = ["forest", "Forest", "forest ", "FOREST", "forest\u00a0", "road", " road", "Road"] * 3
    rows = list(zip(labelled([[o] for o in own]), own, strict=True))
    table = build.table("labels.csv", [["filename", "label"], *rows])
    images = read(build.top / "images", table)
    assert counts(images) == {"FOREST": 3, "Forest": 3, "Road": 3, "forest": 9, "road": 6}
    assert "'FOREST', 'Forest', 'forest'; 'Road', 'road'" in images.notes[-1]
    assert counts(read(build.top / "images", table, merge_classes="variants")) == {"forest": 15, "road": 9}


@pytest.mark.parametrize("column", ["labels", "tags"])
def test_17_is_valid_gives_the_parts(build, labelled, column):
    """fastai/fastai#851, lightning-flash#257."""
    own = LABELS[:18]
    rows = [[name, " ".join(o), n % 3 == 0] for n, (name, o) in enumerate(zip(labelled(own), own, strict=True))]
    images = read(build.top / "images", build.table("t.csv", [["fname", column, "is_valid"], *rows]))
    assert counts(images) == COUNTS
    assert [images.given_parts.count(part) for part in ("train", "validation")] == [12, 6]


@pytest.mark.parametrize(
    ("values", "options", "expected"),
    [
        (["Train", "VALID", "Testing"], {}, {"train": 10, "validation": 10, "test": 10}),
        (["train", "val", "id_val"], {"part_values": "id_val=leave-out"}, {"train": 10, "validation": 10}),
        (["train", "test", ""], {"part_values": "=leave-out"}, {"train": 10, "test": 10}),
        (["0", "1", "2"], {"part_values": "0=train,1=val,2=leave-out"}, {"train": 10, "validation": 10}),
        (["0", "1", "2"], {}, None),
    ],
)
def test_18_parts_by_any_value(build, labelled, values, options, expected):
    """d-li14/face-attribute-prediction#5; WILDS."""
    own = [["a"], ["b"]] * 15
    rows = [[name, o[0], values[n % 3]] for n, (name, o) in enumerate(zip(labelled(own), own, strict=True))]
    images = read(build.top / "images", build.table("t.csv", [["filename", "label", "split"], *rows]), **options)
    if expected is None:
        assert images.given_parts is None
        assert "--part-values 0=train,1=validation,2=test" in images.notes[1]
    else:
        assert {part: images.given_parts.count(part) for part in set(images.given_parts)} == expected


def test_18_an_unknown_value_is_refused_with_the_option_that_decides(build, labelled):
    rows = [[name, "ab"[n % 2], ["train", "id_val"][n % 2]] for n, name in enumerate(labelled([["a"]] * 6))]
    table = build.table("t.csv", [["filename", "label", "split"], *rows])
    assert "--part-values 'id_val=leave-out'" in refused(build.top / "images", table)


BODY = [f"im_{n:03}.png;{'ab'[n % 3 == 0]}" for n in range(12)]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("t.csv", "\ufefffilename;label\r\n" + "\r\n".join(BODY)),
        ("t.csv", "sep=;\r\nfilename;label\r\n" + "\r\n".join(BODY)),
        ("t.csv", "filename;label\r\n" + "\r\n".join([*BODY, ";", ";", ""])),
        ("t.csv", "filename;label;;\r\n" + "\r\n".join(f"{row};;" for row in BODY)),
        ("t.txt", ("filename\tlabel\r\n" + "\r\n".join(BODY).replace(";", "\t")).encode("utf-16")),
        ("t.csv", "filename,label\r" + "\r".join(BODY).replace(";", ",")),
        ("t.csv", "filename|label\n" + "\n".join(BODY).replace(";", "|")),
    ],
)
def test_23_exports_of_spreadsheets(build, labelled, name, text):
    """fastai/fastai#2236."""
    labelled([["a"]] * 12)
    assert counts(read(build.top / "images", build.text(name, text))) == {"a": 8, "b": 4}


def test_23_a_table_of_another_encoding_names_the_line(build, labelled):
    labelled([["a"]] * 12)
    table = build.text("t.csv", "filename;label\nim_000.png;Höhe\n".encode("cp1252"))
    assert "t.csv, line 2: byte 0xf6 is not UTF-8; save the table as UTF-8" in refused(build.top / "images", table)


def test_23_excel_itself_is_read(build, labelled):
    pytest.importorskip("openpyxl", reason="the extra tailprobe[excel] is not installed")
    frame = pd.DataFrame({"filename": labelled([["a"]] * 12), "label": ["a", "b", "b"] * 4, "": [None] * 12})
    frame.to_excel(build.top / "t.xlsx", index=False)
    assert counts(read(build.top / "images", build.top / "t.xlsx")) == {"a": 4, "b": 8}


def test_40_class_names_are_text_whatever_they_hold(build, labelled):
    names = [
        "US$1 and $5",
        "<script>alert(1)</script>",
        "中文",
        "a/b\\c",
        "🦊 fox",
        "=1+1",
        "{curly}",
        "#hash",
        "x" * 90,
    ]
    own = [name for name in names for _ in range(4)]
    rows = list(zip(labelled([[o] for o in own]), own, strict=True))
    images = read(build.top / "images", build.table("t.csv", [["filename", "label"], *rows]), kind="single-label")
    assert counts(images) == dict.fromkeys(sorted(names), 4)


def test_41_classes_of_one_and_two_images_can_be_left_out(build, labelled):
    """trent-b/iterative-stratification#14."""
    own = [
        ["all", *(["a"] if n % 2 else []), *(["one"] if n == 3 else []), *(["two"] if n < 2 else [])] for n in range(20)
    ]
    rows = [[name, " ".join(o)] for name, o in zip(labelled(own), own, strict=True)]
    table = build.table("t.csv", [["filename", "tags"], *rows])
    assert counts(read(build.top / "images", table)) == {"a": 10, "all": 20, "one": 1, "two": 2}
    images = read(build.top / "images", table, min_images=3)
    assert (len(images), counts(images)) == (20, {"a": 10, "all": 20})
    assert "2 classes left out: one (1), two (2); their images are kept" in images.notes
    assert counts(read(build.top / "images", table, drop_class="one")) == {"a": 10, "all": 20, "two": 2}
    assert "did you mean 'two'" in refused(build.top / "images", table, only_class="tow,a")


def test_43_hundreds_of_classes_are_read(build, labelled):
    own = [f"scene_{n % 365:03}" for n in range(3 * 365)]
    rows = list(zip(labelled([[o] for o in own]), own, strict=True))
    images = read(build.top / "images", build.table("t.csv", [["filename", "label"], *rows]))
    assert set(counts(images).values()) == {3}
    assert len(images.labels.classes) == 365


@pytest.mark.parametrize(
    ("column", "yes", "no"), [("Confidence", 1, 0), ("present", "True", "False"), ("value", "yes", "no")]
)
def test_rows_of_labels_that_do_not_apply_are_no_labels(build, labelled, column, yes, no):
    """Open Images: one row per image and label, with 0 where people found that the label is wrong."""
    names = labelled([[]] * 30)
    rows = [
        [name, "verification", label, yes if (n + c) % 3 == 0 or c == n % 2 else no]
        for n, name in enumerate(names)
        for c, label in enumerate("abc")
    ]
    images = read(build.top / "images", build.table("t.csv", [["ImageID", "Source", "LabelName", column], *rows]))
    truth = {label: sum(row[3] == yes for row in rows if row[2] == label) for label in "abc"}
    assert counts(images) == truth
    assert images.notes[0] == f"t.csv: image: ImageID; labels: LabelName; applies: {column}; ignored: Source"
    absent = sum(row[3] == no for row in rows)
    told = f"column {column!r} says which labels apply: {absent} of 90 rows name a label that their image does not have"
    assert told in images.notes


def test_a_confidence_next_to_one_row_per_image_is_ignored(build, labelled):
    names = labelled([[]] * 6)
    rows = [[name, "ab"[n % 2], n % 3 % 2] for n, name in enumerate(names)]
    images = read(build.top / "images", build.table("t.csv", [["image", "label", "confidence"], *rows]))
    assert counts(images) == {"a": 3, "b": 3}
    assert images.notes[0] == "t.csv: image: image; labels: label; ignored: confidence"


def test_names_of_uploads_to_label_studio_are_found(build, labelled):
    """Label Studio stores an upload under another name, with eight hexadecimal digits before it."""
    rows = [[f"/data/upload/3/1a2b3c{n:02}-{name}", "ab"[n % 2]] for n, name in enumerate(labelled([[]] * 8))]
    images = read(build.top / "images", build.table("t.csv", [["image", "choice"], *rows]))
    assert counts(images) == {"a": 4, "b": 4}
    assert any(note.startswith("8 names differ from their files in the prefix of an upload") for note in images.notes)


def test_absolute_names_that_are_not_there_name_the_nearest(build, labelled):
    rows = [[f"/elsewhere/x{name}", "ab"[n % 2]] for n, name in enumerate(labelled([[]] * 4))]
    message = refused(build.top / "images", build.table("t.csv", [["image", "label"], *rows]))
    assert "use its path within the folder (near: 'im_000.png'" in message


def test_columns_of_numbers_are_not_proposed_as_labels(build, labelled):
    rows = [[name, n / 2, n / 3, f"note {n}"] for n, name in enumerate(labelled([[]] * 6))]
    table = build.table("t.csv", [["image", "lat", "lon", "remark"], *rows])
    assert refused(build.top / "images", table).endswith("with --label-columns, e.g. --label-columns remark")
    table = build.table("t.csv", [["image", "lat", "lon"], *(row[:3] for row in rows)])
    assert refused(build.top / "images", table).endswith("or one per class, with --label-columns")


def test_a_table_of_merged_classes_needs_no_header(build, labelled):
    rows = [[name, ["Cat", "cat", "dog"][n % 3]] for n, name in enumerate(labelled([[]] * 6))]
    table = build.table("t.csv", [["image", "label"], *rows])
    merge = build.text("merge.csv", "Cat,feline\ncat,feline\n")
    assert counts(read(build.top / "images", table, merge_classes=str(merge))) == {"dog": 2, "feline": 4}
    merge.unlink()
    assert "--merge-classes" in refused(build.top / "images", table, merge_classes=str(merge))


def test_more_binary_columns_than_images_are_pointed_out(build, labelled):
    names = labelled([[]] * 4)
    rows = [[name, *((n + c) % 2 for c in range(120))] for n, name in enumerate(names)]
    table = build.table("t.csv", [["image", *(f"c{c}" for c in range(120))], *rows])
    told = "120 columns are read as classes of 4 images; if they are not, name those that are with --label-columns"
    assert told in read(build.top / "images", table).notes
    few = build.table("few.csv", [["image", *(f"c{c}" for c in range(20))], *(row[:21] for row in rows)])
    assert not any("are read as classes" in note for note in read(build.top / "images", few).notes)


def test_images_that_no_row_names_are_counted(build, labelled):
    """A table that was cut short, or Kaggle's unlabelled test images in the same folder."""
    names = labelled([[]] * 10)
    table = build.table("t.csv", [["image", "label"], *([name, "ab"[n % 2]] for n, name in enumerate(names[:6]))])
    images = read(build.top / "images", table)
    assert counts(images) == {"a": 3, "b": 3}
    assert (
        "4 of 10 images are not used: the table has no row for them, or it is left out (im_006.png, im_007.png, "
        "im_008.png, ...)"
    ) in images.notes
