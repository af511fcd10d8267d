import pytest

from tailprobe.datasets.readers.ade20k import read_ade20k, read_scenes, top_scenes
from tailprobe.errors import InputError

ROWS = {
    "ADE_train_00000001": "street",
    "ADE_train_00000002": "misc",
    "ADE_train_00000003": "attic",
    "ADE_val_00000001": "street",
    "ADE_val_00000002": "barn",
    "ADE_val_00000003": "misc",
}


@pytest.fixture
def ade20k(folder):
    def write(layout: str = "official", top: str = "data"):
        parts = {"train": "images/training/", "val": "images/validation/"}
        data = folder(
            *((parts[name.split("_")[1]] if layout == "official" else "images/") + name + ".jpg" for name in ROWS),
            "annotations/training/ADE_train_00000001.png",
            top=top,
        )
        (data / "sceneCategories.txt").write_text("".join(f"{name} {scene}\n" for name, scene in ROWS.items()))
        return data

    return write


@pytest.mark.parametrize("layout", ["official", "flat"])
def test_both_layouts_give_the_most_frequent_scenes_and_the_official_parts(ade20k, layout):
    images = read_ade20k(ade20k(layout), top=2)
    assert images.names == ("ADE_train_00000001", "ADE_train_00000003", "ADE_val_00000001")
    assert images.labels.classes == ("attic", "street")
    assert images.labels.kind == "single-label"
    assert images.given_parts == ("train", "train", "validation")
    assert {"annotations"} & set(images.image_sources[0].path.parts) == set()


def test_what_is_left_out_is_reported(ade20k):
    assert read_ade20k(ade20k(), top=2).notes == (
        "2 images of 'misc' left out",
        "1 images of 1 rarer scenes left out (2 most frequent kept)",
        "as frequent as the last scene kept (attic), but later in alphabetical order: barn",
    )


def test_the_folder_above_the_release_will_do(ade20k):
    assert len(read_ade20k(ade20k(top="data/ADEChallengeData2016").parent, top=3)) == 4


def test_ties_go_by_name_and_order_by_frequency():
    assert top_scenes(["b", "c", "a", "c", "b", "d"], top=3) == ("b", "c", "a")


def test_nothing_need_be_excluded(ade20k):
    assert read_scenes(ade20k() / "sceneCategories.txt", top=2, exclude=()).labels.classes == ("misc", "street")


@pytest.mark.parametrize(("top", "exclude", "message"), [(1, (), "top 1"), (9, (), "2 to 4"), (2, ("mics",), "'mics'")])
def test_a_number_or_scene_that_does_not_fit_is_refused(ade20k, top, exclude, message):
    with pytest.raises(InputError, match=message):
        read_ade20k(ade20k(), top=top, exclude=exclude)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("ADE_val_00000009", "line 7: expected an image name and a scene, got 'ADE_val_00000009'"),
        ("a b c", "line 7: expected an image name and a scene"),
        ("ADE_val_00000001 attic", "line 7: image 'ADE_val_00000001' is already on line 4"),
        ("../x attic", "line 7: .*is outside"),
    ],
)
def test_a_malformed_line_is_named(ade20k, line, message):
    table = ade20k() / "sceneCategories.txt"
    table.write_text(table.read_text() + line + "\n")
    with pytest.raises(InputError, match=message):
        read_scenes(table, top=2)
