import pytest

from tailprobe.datasets.read import formats, options_of, read
from tailprobe.errors import InputError


@pytest.fixture
def sources(folder):
    table = folder("x.jpg", "y.jpg", top="table")
    (table / "t.csv").write_text("image,tags\nx,a b\ny,b\n")
    planet = folder("train-jpg/x.jpg", "train-jpg/y.jpg", top="planet")
    (planet / "train_v2.csv").write_text("image_name,tags\nx,a b\ny,b\n")
    ade20k = folder("images/x.jpg", "images/y.jpg", top="ade20k")
    (ade20k / "sceneCategories.txt").write_text("x a\ny b\n")
    classes = folder("a/x.jpg", "b/y.jpg", top="folder")
    return {"table": table / "t.csv", "planet": planet, "ade20k": ade20k, "folder": classes}


@pytest.mark.parametrize("name", ["table", "planet", "ade20k", "folder"])
def test_the_format_is_found_by_what_the_source_holds(sources, name):
    options = {"top": 2} if name == "ade20k" else {}
    found, named = read(sources[name], **options), read(str(sources[name]), format=name, **options)
    assert found.names == named.names
    assert found.labels.classes == ("a", "b")
    assert len(found) == 2


def test_a_table_may_be_in_another_folder(sources):
    assert len(read(sources["folder"], labels=sources["table"])) == 2


@pytest.mark.parametrize("name", ["table", "planet", "ade20k", "folder"])
def test_every_reader_takes_the_common_options(name):
    assert {"bands", "on_bad_image"} <= set(options_of(name))
    assert formats()[name]


def test_an_option_that_is_none_is_not_given(sources):
    assert len(read(sources["folder"], separator=None, on_bad_image=None)) == 2


def test_an_option_of_another_format_is_refused_with_the_reason(sources):
    with pytest.raises(
        InputError,
        match=r"format 'folder' takes no option 'separator' \(only hugging-face, metadata, table, voc, webdataset do\)",
    ):
        read(sources["folder"], separator=";")
    with pytest.raises(InputError, match=r"no option 'seperator'; did you mean 'separator'\? \(it takes bands"):
        read(sources["table"], seperator=";")


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("folder", {"bands": "rbg"}, "bands 'rbg' is not known; did you mean 'rgb'"),
        ("folder", {"on_bad_image": "skipp"}, "on_bad_image is 'skipp'; .* Expected error or skip"),
        (
            "table",
            {"kind": "single"},
            "kind is 'single'; .* Expected multi-label, single-label or auto",
        ),
        ("planet", {"images": "png"}, "images is 'png'; .* Expected jpg, tif or none"),
    ],
)
def test_a_value_that_is_no_choice_lists_the_choices(sources, name, options, message):
    with pytest.raises(InputError, match=message):
        read(sources[name], **options)


def test_an_unknown_format_lists_the_known_ones(sources):
    with pytest.raises(InputError, match=r"no format is called 'ade20'; did you mean 'ade20k'\? Known: ade20k, folder"):
        read(sources["folder"], format="ade20")


def test_a_source_of_no_known_format_lists_them(tmp_path):
    (tmp_path / "x.bin").write_text("")
    with pytest.raises(InputError, match=r"has no known format; pass --format, one of: ade20k \("):
        read(tmp_path / "x.bin")
    with pytest.raises(InputError, match="there is none; check the path"):
        read(tmp_path / "none")
