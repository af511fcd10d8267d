"""Tables with cells that are uncertain or blank: `ignore` leaves an image out of that class alone."""

import numpy as np
import pandas as pd
import pytest

import tailprobe
from made_collections import counts, read, refused
from tailprobe.datasets.images import LabeledImages

CELLS = [
    ["1.0", "0.0"],
    ["1.0", ""],
    ["-1.0", "1.0"],
    ["0.0", "-1.0"],
    ["", "1.0"],
    ["1.0", "0.0"],
    ["", "-1"],
    ["", ""],
]


@pytest.fixture
def table(build):
    names = [f"view{n}.jpg" for n in range(len(CELLS))]
    build.image(*(f"images/{name}" for name in names))
    return build.table("train.csv", [["Path", "Edema", "Mass"], *([n, *c] for n, c in zip(names, CELLS, strict=True))])


def unknown(images: LabeledImages) -> dict[str, list[int]]:
    """Return the images by class of which the label is not known."""
    assert images.labels.known is not None
    return {
        name: [int(images.names[n].removeprefix("view").removesuffix(".jpg")) for n in np.flatnonzero(~column)]
        for name, column in zip(images.labels.classes, images.labels.known.T, strict=True)
    }


def test_ignored_cells_are_neither_yes_nor_no(build, table):
    images = read(build.top / "images", table, uncertain="ignore", blank="ignore")
    assert counts(images) == {"Edema": 3, "Mass": 2}
    assert unknown(images) == {"Edema": [2, 4], "Mass": [1, 3]}
    assert len(images) == 6, "of the last two images nothing is known"
    assert "2 rows left out, as no label of theirs is known" in images.notes
    assert "3 uncertain cells ignored: their images do not count for the class" in images.notes


def test_each_policy_is_of_its_own_cells(build, table):
    images = read(build.top / "images", table, uncertain="ignore", blank="negative", unlabelled="leave-out")
    assert unknown(images) == {"Edema": [2], "Mass": []}
    positive = read(build.top / "images", table, uncertain="positive", blank="ignore")
    assert unknown(positive) == {"Edema": [4, 6], "Mass": [1]}
    assert counts(positive) == {"Edema": 4, "Mass": 4}


def test_ignoring_never_turns_labels_single_or_multi_in_silence(build, table):
    """Each of these rows has one 1 at most: without a mask they would be read as single-label."""
    images = read(build.top / "images", table, uncertain="ignore", blank="ignore")
    assert images.labels.kind == "multi-label"
    assert any("read as multi-label; pass --kind single-label" in note for note in images.notes)


def test_of_one_class_an_image_a_yes_says_no_of_the_others(build, table):
    images = read(build.top / "images", table, uncertain="ignore", blank="ignore", kind="single-label")
    assert (images.labels.kind, images.labels.known) == ("single-label", None)
    assert counts(images) == {"Edema": 3, "Mass": 2}
    assert any("1 rows name no tag and are left out" in note for note in images.notes)


def test_a_class_without_a_no_is_refused(build):
    build.image(*(f"images/{n}.png" for n in range(4)))
    rows = [["0.png", 1, 1], ["1.png", "", 0], ["2.png", 1, 0], ["3.png", "", 1]]
    table = build.table("t.csv", [["image", "a", "b"], *rows])
    message = refused(build.top / "images", table, blank="ignore")
    assert "column 'a' has no 0 apart from the ignored cells" in message
    assert "--blank negative, or --drop-class 'a'" in message


def test_rows_of_one_image_tell_each_other_what_is_known(build):
    build.image("images/a.png", "images/b.png", "images/c.png")
    rows = [["a.png", 1, ""], ["a.png", "", 0], ["b.png", 0, ""], ["b.png", 0, ""], ["c.png", 0, 1]]
    table = build.table("t.csv", [["image", "x", "y"], *rows])
    images = read(build.top / "images", table, blank="ignore", kind="multi-label")
    assert images.labels.known is not None
    assert images.labels.known.tolist() == [[True, True], [True, False], [True, True]]


def test_merged_classes_are_known_by_one_yes_or_every_no(build):
    build.image(*(f"images/{n}.png" for n in range(5)))
    rows = [["0.png", 1, "", 0], ["1.png", 0, "", 1], ["2.png", 0, 0, 1], ["3.png", "", "", 1], ["4.png", 0, 1, ""]]
    table = build.table("t.csv", [["image", "a", "b", "c"], *rows])
    merge = build.table("merge.csv", [["old", "new"], ["a", "ab"], ["b", "ab"]])
    images = read(build.top / "images", table, blank="ignore", merge_classes=str(merge))
    assert images.labels.classes == ("ab", "c")
    assert images.labels.known is not None
    assert images.labels.known.tolist() == [[True, True], [False, True], [True, True], [False, True], [True, False]]


def test_a_data_frame_and_an_array_have_masks_too():
    pixels = [np.full((4, 4, 3), n, np.uint8) for n in range(4)]
    array = np.array([[1, np.nan], [0, 1], [-1, 0], [1, 0]])
    images = tailprobe.read(pixels, labels=array, classes=["a", "b"], uncertain="ignore", blank="ignore")
    assert images.labels.known is not None
    assert images.labels.known.tolist() == [[True, False], [True, True], [False, True], [True, True]]
    with pytest.raises(tailprobe.InputError, match="column 'a' holds -1, an uncertain label"):
        tailprobe.read(pixels, labels=array, classes=["a", "b"])
    frame = pd.DataFrame({"path": [f"{n}.png" for n in range(4)], "a": array[:, 0], "b": array[:, 1]})
    framed = tailprobe.read(frame, uncertain="ignore", blank="ignore")
    np.testing.assert_array_equal(framed.labels.known, images.labels.known)
