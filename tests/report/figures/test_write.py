import json
import xml.etree.ElementTree as ET

import matplotlib as mpl
import numpy as np
import pytest
from PIL import Image

from tailprobe.errors import InputError
from tailprobe.report.figures import class_distribution, sample_images, write_figures
from tailprobe.report.figures.write import rendered


def _figure(counts=(9, 4, 1)):
    low = np.array([False] * (len(counts) - 1) + [True])
    names = [f"class $x_{i}$" for i in range(len(counts))]
    return class_distribution(np.array(counts), names, low, definition="named")


def test_svg_png_pdf_and_an_index_are_written(tmp_path):
    written = write_figures({"class_distribution": _figure()}, tmp_path / "figures")
    assert [path.name for path in written] == [
        "class_distribution.svg",
        "class_distribution.png",
        "class_distribution.pdf",
        "index.json",
    ]
    assert ET.parse(written[0]).getroot().tag.endswith("svg")
    with Image.open(written[1]) as picture:
        assert picture.width == 1800
    (entry,) = json.loads(written[-1].read_text(encoding="utf-8"))["figures"]
    assert entry == {
        "name": "class_distribution",
        "title": "Images that carry each class",
        "caption": "",
        "paper": "Figures 1 and 4",
        "files": ["class_distribution.svg", "class_distribution.png", "class_distribution.pdf"],
    }


@pytest.mark.parametrize("form", ["svg", "png", "pdf"])
def test_the_same_picture_gives_the_same_bytes_whatever_the_users_settings(form):
    first = rendered(_figure(), form)
    with mpl.rc_context({"font.size": 30, "svg.hashsalt": None, "axes.facecolor": "black"}):
        assert rendered(_figure(), form) == first


def test_a_contact_sheet_has_the_same_bytes_too():
    tile = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    sheets = [sample_images([tile], [["road"]], low_frequency=()) for _ in range(2)]
    assert rendered(sheets[0], "svg") == rendered(sheets[1], "svg")


def test_figures_written_before_are_replaced_but_nothing_else(tmp_path):
    write_figures({"a": _figure()}, tmp_path, formats=["svg"])
    before = (tmp_path / "a.svg").read_bytes()
    write_figures({"a": _figure((9, 1))}, tmp_path, formats=["svg"])
    assert (tmp_path / "a.svg").read_bytes() != before
    (tmp_path / "b.svg").write_text("mine")
    with pytest.raises(InputError, match=r"b\.svg: already there"):
        write_figures({"b": _figure()}, tmp_path, formats=["svg"])
    assert (tmp_path / "b.svg").read_text() == "mine"


def test_a_foreign_index_is_left_alone(tmp_path):
    (tmp_path / "index.json").write_text("[1]")
    with pytest.raises(InputError, match="not an index of figures"):
        write_figures({"a": _figure()}, tmp_path, formats=["svg"])


@pytest.mark.parametrize("name", ["../a", "a/b", "", ".hidden", "A", "a\n", "x" * 200])
def test_a_name_that_is_no_file_name_is_refused_before_anything_is_written(tmp_path, name):
    with pytest.raises(InputError, match="cannot be a file name"):
        write_figures({"good": _figure(), name: _figure()}, tmp_path / "figures")
    assert not (tmp_path / "figures").exists()


def test_an_unknown_format_is_refused(tmp_path):
    with pytest.raises(InputError, match="cannot be written as 'gif'"):
        write_figures({"a": _figure()}, tmp_path, formats=["gif"])
