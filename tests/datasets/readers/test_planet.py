import numpy as np
import pytest
import tifffile

from tailprobe.datasets.pixels.bands import Composite, Stretched
from tailprobe.datasets.readers.planet import RANGES, read_planet
from tailprobe.errors import InputError


@pytest.fixture
def planet(folder):
    data = folder("train-jpg/train_0.jpg", "train-jpg/train_1.jpg")
    (data / "train-tif-v2").mkdir()
    for n in range(2):
        tifffile.imwrite(data / f"train-tif-v2/train_{n}.tif", np.zeros((4, 4, 4), np.uint16), planarconfig="contig")
    (data / "train_v2.csv").write_text("image_name,tags\ntrain_0,haze primary\ntrain_1,clear primary\n")
    return data


@pytest.mark.parametrize(
    ("options", "ending"),
    [
        ({}, ".jpg"),
        ({"images": "tif"}, ".tif"),
        ({"bands": Composite.NRG}, ".tif"),
        ({"bands": Composite.NRG, "images": "tif"}, ".tif"),
    ],
)
def test_bands_and_images_choose_the_folder(planet, options, ending):
    images = read_planet(planet, **options)
    assert {location.path.suffix for location in images.image_sources} == {ending}
    bands = options.get("bands", Composite.RGB)
    assert images.bands == (bands if ending == ".jpg" else Stretched(bands, RANGES[bands]))
    assert images.labels.kind == "multi-label"


def test_the_table_has_two_names(planet):
    (planet / "train_v2.csv").rename(planet / "train_classes.csv")
    assert read_planet(planet).names == ("train_0", "train_1")


def test_one_tag_a_row_stays_multi_label(planet):
    (planet / "train_v2.csv").write_text("image_name,tags\ntrain_0,haze\ntrain_1,clear\n")
    assert read_planet(planet).labels.kind == "multi-label"


def test_near_infrared_of_jpegs_is_refused(planet):
    with pytest.raises(InputError, match="the JPEGs have no near-infrared, so bands 'nrg' need images 'tif'"):
        read_planet(planet, bands=Composite.NRG, images="jpg")


def test_a_missing_table_or_folder_is_an_error(planet):
    (planet / "train_v2.csv").unlink()
    with pytest.raises(InputError, match=r"expected train_v2\.csv or train_classes\.csv, found neither"):
        read_planet(planet)
    with pytest.raises(InputError, match="train-jpg: expected a folder of Planet's jpg chips"):
        read_planet(planet / "train-tif-v2")
