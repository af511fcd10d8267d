import io
import struct

import numpy as np
import pytest
import tifffile

from tailprobe.datasets.pixels.bands import Composite
from tailprobe.datasets.pixels.decode import decode, read_size
from tailprobe.datasets.pixels.tiff import HIGH, LOW, scale_planet
from tailprobe.errors import InputError


def written(pixels: np.ndarray, **options) -> bytes:
    buffer = io.BytesIO()
    usual = {"photometric": "minisblack", "planarconfig": "contig" if pixels.ndim == 3 else None, "metadata": None}
    tifffile.imwrite(buffer, pixels, **{**usual, **options})
    return buffer.getvalue()


@pytest.fixture
def chip() -> np.ndarray:
    """16 x 24 pixels of four bands over all of 16 bits."""
    return np.random.Generator(np.random.PCG64(1)).integers(0, 2**16, (16, 24, 4), dtype=np.uint16)


@pytest.mark.parametrize(("bands", "order"), [(Composite.RGB, (2, 1, 0)), (Composite.NRG, (3, 2, 1))])
def test_each_band_is_scaled_by_its_own_constants(chip, bands, order):
    pixels = decode(written(chip), bands=bands, where="x")
    for channel, band in enumerate(order):
        share = (chip[..., band].astype(float) - LOW[band]) / (HIGH[band] - LOW[band])
        expected = np.clip(255 * share, 0, 255)
        assert np.abs(pixels[..., channel] - expected).max() <= 0.501


def test_the_scale_runs_from_low_to_high_and_is_clipped():
    ends = np.stack([LOW - 1, LOW, HIGH, HIGH + 1]).astype(np.uint16)[None]
    assert scale_planet(ends)[0].tolist() == [[0] * 3, [0] * 3, [255] * 3, [255] * 3]


def test_scaling_a_pixel_does_not_depend_on_the_others(chip):
    assert np.array_equal(scale_planet(chip)[3:7, 5:9], scale_planet(chip[3:7, 5:9]))


@pytest.mark.parametrize(
    "options",
    [
        {"photometric": "rgb", "extrasamples": ["assocalpha"]},
        {"compression": "zlib"},
        {"compression": "zlib", "predictor": True},
        {"tile": (16, 16)},
        {"rowsperstrip": 3},
        {"byteorder": ">"},
        {"bigtiff": True},
    ],
)
def test_the_layout_of_the_file_does_not_matter(chip, options):
    assert np.array_equal(decode(written(chip, **options), where="x"), scale_planet(chip))


def test_a_plane_a_band_is_the_same_image(chip):
    planes = written(np.ascontiguousarray(np.moveaxis(chip, -1, 0)), planarconfig="separate")
    assert np.array_equal(decode(planes, where="x"), scale_planet(chip))


def test_sixteen_bit_rgb_and_grey_keep_their_upper_eight_bits(chip):
    rgb = decode(written(chip[..., :3], photometric="rgb"), where="x")
    assert np.array_equal(rgb, (chip[..., :3] >> 8).astype(np.uint8))
    grey = decode(written(chip[..., 0]), where="x")
    assert np.array_equal(grey[..., 2], (chip[..., 0] >> 8).astype(np.uint8))


def test_near_infrared_is_refused_of_three_bands(chip):
    with pytest.raises(InputError, match=r"^x\.tif: has no near-infrared band.*pass bands 'rgb'"):
        decode(written(chip[..., :3], photometric="rgb"), bands=Composite.NRG, where="x.tif")


@pytest.mark.parametrize(
    ("bands", "kind"), [(2, np.uint16), (5, np.uint16), (13, np.uint8), (4, np.int16), (4, np.float32), (4, np.uint32)]
)
def test_bands_without_known_meaning_are_refused(bands, kind):
    data = written(np.zeros((8, 8, bands), kind))
    with pytest.raises(
        InputError, match=rf"^x\.tif: {bands} bands of {np.dtype(kind)} have no known meaning; expected"
    ):
        decode(data, where="x.tif")


@pytest.mark.parametrize("options", [{}, {"rowsperstrip": 2}, {"compression": "zlib", "rowsperstrip": 4}])
@pytest.mark.parametrize("share", [0.1, 0.6, 0.97])
def test_a_truncated_tiff_is_an_error(chip, options, share):
    data = written(chip, **options)
    with pytest.raises(InputError, match=r"^x\.tif: "):
        decode(data[: int(share * len(data))], where="x.tif")


def test_a_huge_tiff_is_refused_by_its_header(chip):
    data = bytearray(written(chip))
    with tifffile.TiffFile(io.BytesIO(bytes(data))) as tiff:
        tags = [tiff.pages.first.tags[name] for name in ("ImageWidth", "ImageLength")]
    for tag in tags:
        kind = {3: "<H", 4: "<I"}[tag.dtype]
        struct.pack_into(kind, data, tag.valueoffset, 60_000)
    for call in (lambda: decode(bytes(data), where="x"), lambda: read_size(io.BytesIO(bytes(data)), where="x")):
        with pytest.raises(InputError, match="60000 x 60000 pixels are more than"):
            call()


def test_the_size_is_height_and_width(chip):
    assert read_size(io.BytesIO(written(chip)), where="x") == (16, 24)
