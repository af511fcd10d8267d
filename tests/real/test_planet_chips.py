"""Planet's real label table and chips."""

import csv
from itertools import islice

import numpy as np
import pytest
from PIL import Image

from tailprobe.datasets.check import check_images
from tailprobe.datasets.pixels.bands import Composite, Stretched
from tailprobe.datasets.pixels.decode import decode
from tailprobe.datasets.read import read
from tailprobe.datasets.readers.planet import RANGES
from tailprobe.datasets.tables.tags import read_tags
from tailprobe.errors import InputError

COLOURS = Stretched(Composite.RGB, RANGES[Composite.RGB])

COUNTS = {
    "primary": 37513,
    "clear": 28431,
    "agriculture": 12315,
    "road": 8071,
    "water": 7411,
    "partly_cloudy": 7261,
    "cultivation": 4477,
    "habitation": 3660,
    "haze": 2697,
    "cloudy": 2089,
    "bare_ground": 862,
    "selective_logging": 340,
    "artisinal_mine": 339,
    "blooming": 332,
    "slash_burn": 209,
    "conventional_mine": 100,
    "blow_down": 98,
}
# Right shift, in pixels, of the JPEG against the TIFF of the same chip, found by trying them: the data's own.
SHIFTS = {0: 8, 1: 0, 2: 0, 3: 0, 4: 22}


@pytest.fixture
def planet(real_data):
    return real_data / "planet"


def first_rows(planet, folder, number):
    """Lay out the chips with the first rows of their table."""
    for chips in ("train-jpg", "train-tif-v2"):
        (folder / chips).symlink_to(planet / chips, target_is_directory=True)
    with (planet / "train_v2.csv").open() as table:
        (folder / "train_v2.csv").write_text("".join(islice(table, 1 + number)))
    return folder


def test_the_17_tags_are_on_as_many_images_as_published(planet):
    table = read_tags(planet / "train_v2.csv")
    assert len(table.names) == 40479
    assert dict(zip(table.labels.classes, table.labels.counts.tolist(), strict=True)) == COUNTS
    assert table.labels.kind == "multi-label"


def test_the_73_rows_that_name_a_tag_twice_are_reported(planet):
    (note,) = [note for note in read_tags(planet / "train_v2.csv").notes if "repeat a tag" in note]
    assert note.startswith("73 rows repeat a tag, which counts once (first: train_v2.csv, row ")
    assert note.endswith("images per tag: cultivation 4477 instead of 4547, blow_down 98 instead of 101")
    row = int(note.split("row ")[1].split(")")[0])
    with (planet / "train_v2.csv").open() as stream:
        tags = list(csv.reader(stream))[row - 1][1].split()
    assert len(set(tags)) < len(tags)


def test_missing_images_are_an_error_that_counts_them(planet):
    with pytest.raises(
        InputError, match=r"train_v2\.csv, row 7: image 'train_5' is not in .*; 40,471 of 40,479 images"
    ):
        read(planet)


@pytest.mark.parametrize(
    ("options", "numbers"),
    [({}, (0, 1, 2, 3, 4, 12, 26, 352)), ({"images": "tif"}, range(5)), ({"bands": Composite.NRG}, range(5))],
)
def test_only_the_chips_at_hand_remain_when_missing_ones_are_skipped(planet, tmp_path, options, numbers):
    if options:  # a sixtieth of the table, whose rows take seconds to skip, once
        planet = first_rows(planet, tmp_path, 600)
    images = check_images(read(planet, on_bad_image="skip", **options))
    assert images.names == tuple(f"train_{n}" for n in numbers)
    assert images.labels.tags(1) == ("agriculture", "clear", "primary", "water")
    for location, name in zip(images.image_sources, images.names, strict=True):
        pixels = decode(location.read(), bands=images.band_selection, where=name)
        assert pixels.shape == (256, 256, 3)
        assert 5 < pixels.mean() < 250


def test_a_four_component_jpeg_equals_pillows_conversion(planet):
    for path in sorted((planet / "train-jpg").iterdir()):
        with Image.open(path) as image:
            assert image.mode == "CMYK"
            assert np.array_equal(decode(path.read_bytes(), where=path.name), np.asarray(image.convert("RGB")))


@pytest.mark.parametrize("number", range(5))
def test_jpeg_and_tiff_of_a_chip_agree_in_every_channel(planet, number):
    jpeg, tiff = (
        decode((planet / path).read_bytes(), bands=COLOURS, where=path).astype(float)
        for path in (f"train-jpg/train_{number}.jpg", f"train-tif-v2/train_{number}.tif")
    )
    shift = SHIFTS[number]
    jpeg, tiff = jpeg[:, shift:], tiff[:, : 256 - shift]
    own = [np.corrcoef(jpeg[..., c].ravel(), tiff[..., c].ravel())[0, 1] for c in range(3)]
    least = {0: 0.55, 1: 0.95, 2: 0.75, 3: 0.75, 4: 0.95}[
        number
    ]  # haze, then forest, leave little but noise to compare
    assert min(own) > least


def test_clouds_are_white_and_forest_is_green(planet):
    cloud = decode((planet / "train-jpg/train_352.jpg").read_bytes(), where="cloud").mean(axis=(0, 1))
    assert cloud.min() > 200
    for path in ("train-jpg/train_1.jpg", "train-tif-v2/train_1.tif"):
        red, green, blue = decode((planet / path).read_bytes(), bands=COLOURS, where=path).mean(axis=(0, 1))
        assert green > red
        assert green > blue


def test_forest_is_bright_in_near_infrared_and_nothing_much_is_clipped(planet):
    for path in sorted((planet / "train-tif-v2").iterdir()):
        pixels = decode(path.read_bytes(), bands=Stretched(Composite.NRG, RANGES[Composite.NRG]), where=path.name)
        near_infrared, red, _ = pixels.mean(axis=(0, 1))
        assert near_infrared > red
        assert np.isin(pixels, (0, 255)).mean() < 0.01
