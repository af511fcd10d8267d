import io
import struct

import numpy as np
import pytest
import tifffile

from tailprobe.datasets.pixels.bands import Composite, Stretched, parse_bands
from tailprobe.datasets.pixels.decode import decode, read_samples, read_size
from tailprobe.datasets.readers.planet import RANGES
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


def samples(data: bytes, bands: Composite = Composite.RGB) -> np.ndarray:
    return read_samples(data, bands=bands, where="x.tif")


@pytest.mark.parametrize(("bands", "order"), [(Composite.RGB, (2, 1, 0)), (Composite.NRG, (3, 2, 1))])
def test_four_bands_of_16_bits_are_blue_green_red_infrared_each_with_its_range(chip, bands, order):
    pixels = decode(written(chip), bands=Stretched(bands, RANGES[bands]), where="x")
    for channel, band in enumerate(order):
        low, high = RANGES[bands][channel]
        expected = np.clip(255 * (chip[..., band].astype(float) - low) / (high - low), 0, 255)
        assert np.abs(pixels[..., channel] - expected).max() <= 0.501


def test_the_scale_runs_from_low_to_high_and_is_clipped():
    grey = np.array([[999, 1000, 1500, 2000, 2001]], np.uint16)
    found = decode(written(grey), bands=parse_bands("rgb:1000:2000"), where="x")
    assert found[0, :, 0].tolist() == [0, 0, 128, 255, 255]


def test_without_a_range_more_than_8_bits_are_refused_with_the_way_out(chip):
    with pytest.raises(InputError, match=r"^x\.tif: holds uint16 values.*as rgb:0:4095"):
        decode(written(chip), where="x.tif")


@pytest.mark.parametrize("options", [{}, {"photometric": "rgb", "extrasamples": ["unassalpha"]}])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_a_fourth_band_is_infrared_by_what_it_holds_whatever_its_tag_says(chip, options, kind):
    pixels = (chip >> (8 if kind is np.uint8 else 0)).astype(kind)
    visible = [0, 1, 2] if kind is np.uint8 else [2, 1, 0]
    assert np.array_equal(samples(written(pixels, **options)), pixels[..., visible])
    assert np.array_equal(samples(written(pixels, **options), Composite.NRG), pixels[..., [3, *visible[:2]]])


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_a_fourth_band_of_two_ends_or_one_value_is_alpha(chip, kind):
    pixels = (chip >> (8 if kind is np.uint8 else 0)).astype(kind)
    pixels[..., 3] = np.iinfo(kind).max
    assert np.array_equal(samples(written(pixels)), pixels[..., :3])
    pixels[:4, :, 3] = 0
    found = samples(written(pixels))
    assert (found[:4] == 0).all()
    assert np.array_equal(found[4:], pixels[4:, :, :3])
    with pytest.raises(InputError, match="no near-infrared"):
        samples(written(pixels), Composite.NRG)
    pixels[..., 3] = 0  # an alpha that hides everything would leave nothing: an empty band
    assert np.array_equal(samples(written(pixels)), pixels[..., :3])


def test_what_gdal_calls_no_data_is_black_and_counts_for_no_range():
    grey = np.array([[-9999, 10, 20]], np.float32)
    data = written(grey, extratags=[(42113, "s", 0, "-9999", True)])
    assert np.isnan(samples(data)[0, 0]).all()
    assert decode(data, bands=parse_bands("rgb:0:20"), where="x")[0, :, 0].tolist() == [0, 128, 255]


@pytest.mark.parametrize(
    "options",
    [
        {"photometric": "rgb", "extrasamples": ["assocalpha"]},
        {"compression": "zlib"},
        {"compression": "zlib", "predictor": True},
        {"compression": "lzw"},
        {"compression": "lzw", "predictor": True, "tile": (16, 16)},
        {"compression": "zstd"},
        {"compression": "packbits"},
        {"tile": (16, 16)},
        {"rowsperstrip": 3},
        {"byteorder": ">"},
        {"bigtiff": True},
    ],
)
def test_the_layout_of_the_file_does_not_matter(chip, options):
    assert np.array_equal(samples(written(chip, **options)), chip[..., 2::-1])


def test_a_plane_a_band_is_the_same_image(chip):
    planes = written(np.ascontiguousarray(np.moveaxis(chip, -1, 0)), planarconfig="separate")
    assert np.array_equal(samples(planes), chip[..., 2::-1])


@pytest.mark.parametrize("kind", [np.uint16, np.int16, np.uint32, np.float32])
def test_rgb_and_grey_of_other_types_are_as_they_are(chip, kind):
    pixels = (chip // 4).astype(kind)
    assert np.array_equal(samples(written(pixels[..., :3], photometric="rgb")), pixels[..., :3])
    assert np.array_equal(samples(written(pixels[..., 0])), np.repeat(pixels[..., :1], 3, axis=2))


def test_near_infrared_is_refused_of_three_bands(chip):
    with pytest.raises(InputError, match=r"^x\.tif: has no near-infrared band.*pass bands 'rgb'"):
        decode(written(chip[..., :3], photometric="rgb"), bands=Composite.NRG, where="x.tif")


@pytest.mark.parametrize(("bands", "kind"), [(2, np.uint16), (5, np.uint16), (13, np.uint8), (3, np.complex64)])
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
