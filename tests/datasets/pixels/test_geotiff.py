"""GeoTIFF written by rasterio: bands by name, ranges of the training part."""

import io
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st

import tailprobe
from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.pixels.band_ranges import PERCENTILES, fit_ranges
from tailprobe.datasets.pixels.bands import Composite, Stretched, parse_bands
from tailprobe.datasets.pixels.decode import decode
from tailprobe.datasets.readers.planet import RANGES
from tailprobe.errors import InputError

rasterio = pytest.importorskip("rasterio")
pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
NAMES = ("B2", "B3", "B4", "B8", "SCL")


def geotiff(values: np.ndarray, *, nodata: float | None = None, names: tuple[str, ...] = NAMES) -> bytes:
    """Write (bands, h, w) values."""
    with rasterio.io.MemoryFile() as memory:
        bands, height, width = values.shape
        about = {"count": bands, "height": height, "width": width, "dtype": values.dtype, "nodata": nodata}
        with memory.open(driver="GTiff", **about) as file:
            file.write(values)
            for i, name in enumerate(names[:bands], start=1):
                file.set_band_description(i, name)
        return bytes(memory.read())


def values(seed: int = 0, *, high: int = 4000, dtype: type = np.uint16) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, high, (5, 7, 6)).astype(dtype)


def test_bands_are_taken_by_name_or_number_and_scaled() -> None:
    data = geotiff(values())
    found = decode(data, bands=parse_bands("B4:0:3000,b3:100:2000,4:0:4000"), where="x.tif")
    for channel, (band, low, high) in enumerate([(2, 0, 3000), (1, 100, 2000), (3, 0, 4000)]):
        expected = np.rint(np.clip((values()[band].astype(float) - low) * 255 / (high - low), 0, 255))
        np.testing.assert_array_equal(found[..., channel], expected)


def test_eight_bits_stay_as_they_are() -> None:
    pixels = values(high=256, dtype=np.uint8)
    np.testing.assert_array_equal(
        decode(geotiff(pixels), bands=parse_bands("1,3,5"), where="x"), np.moveaxis(pixels[::2], 0, -1)
    )


def test_where_there_is_no_data_is_black() -> None:
    pixels = values().astype(np.float32)
    pixels[1, 0, 0], pixels[2, 1, 1] = -9999, np.nan
    found = decode(geotiff(pixels, nodata=-9999), bands=parse_bands("B2:-10:1,B3:-10:1,B4:-10:1"), where="x")
    assert found[0, 0].tolist() == [0, 0, 0]
    assert found[1, 1].tolist() == [0, 0, 0]
    assert (found.reshape(-1, 3).max(axis=1) == 0).sum() == 2


def test_what_cannot_be_taken_is_named() -> None:
    data = geotiff(values())
    with pytest.raises(InputError, match=r"x\.tif: has no band 'B9'; it has B2, B3, B4, B8, SCL"):
        decode(data, bands=parse_bands("B9:0:1,B3:0:1,B2:0:1"), where="x.tif")
    with pytest.raises(InputError, match=r"band B4 has no range yet; give low and high, as B4:0:3000"):
        decode(data, bands=parse_bands("B4,B3,B2"), where="x.tif")
    with pytest.raises(InputError, match="has 2 bands called 'B2'"):
        decode(geotiff(values(), names=("B2", "B2")), bands=parse_bands("B2:0:1,3:0:1,4:0:1"), where="x")
    with pytest.raises(InputError, match="is not a readable GeoTIFF"):
        decode(b"II*\0 and nothing more", bands=parse_bands("1:0:1,2:0:1,3:0:1"), where="x")
    with pytest.raises(InputError, match="is not a readable GeoTIFF"):  # GDAL would read a JPEG, and more
        decode((Path(__file__).parent / "__init__.py").name.encode(), bands=parse_bands("1:0:1,2:0:1,3:0:1"), where="x")


@pytest.mark.parametrize(
    "text", ["rbg", "", "B4,B3", "B4,B3,", "B4:5,B3,B2", "B4:a:b,B3,B2", "B4:5:5,B3,B2", "B4:nan:1,B3,B2"]
)
def test_bands_that_make_no_sense_are_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="bands"):
        parse_bands(text)
    with pytest.raises(InputError, match="bands"):
        tailprobe.read(tmp_path, format="folder", bands=text)


@given(st.lists(st.tuples(st.integers(1, 99), st.floats(-1e4, 1e4), st.floats(1, 1e4)), min_size=3, max_size=3))
def test_bands_as_text_are_read_back(bands: list[tuple[int, float, float]]) -> None:
    text = ",".join(f"{number}:{low:g}:{float(f'{low:g}') + width:g}" for number, low, width in bands)
    assert str(parse_bands(text)) == text


def collection(folder: Path, *, images: int = 12, dtype: type = np.uint16) -> LabeledImages:
    for i in range(images):
        path = folder / "ab"[i % 2] / f"{i:02d}.tif"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(geotiff(values(i, high=4000 if dtype == np.uint16 else 256, dtype=dtype)))
    return tailprobe.read(folder, bands="B4,B3:0:5000,B2")


def test_ranges_are_percentiles_of_the_rows_and_said(tmp_path: Path) -> None:
    images = collection(tmp_path)
    rows = np.array([0, 3, 7])
    fitted = fit_ranges(images, rows)
    train = np.concatenate([values(int(images.names[i][2:4]))[[2, 0]].reshape(2, -1) for i in rows], axis=1)
    low, high = np.percentile(train, PERCENTILES, axis=1)
    expected = f"B4:{low[0]:g}:{high[0]:g},B3:0:5000,B2:{low[1]:g}:{high[1]:g}"
    assert str(fitted.bands) == expected
    assert expected in fitted.notes[-1]
    assert fit_ranges(fitted, rows) is fitted


def test_images_of_8_bits_need_no_ranges(tmp_path: Path) -> None:
    images = collection(tmp_path, dtype=np.uint8)
    assert fit_ranges(images, np.arange(12)) is images


def test_planets_own_bands_are_as_before() -> None:
    chip = np.random.default_rng(0).integers(2000, 9000, (4, 4, 4), dtype=np.uint16)
    file = io.BytesIO()
    tifffile.imwrite(file, chip, photometric="minisblack", planarconfig="contig")
    found = decode(file.getvalue(), bands=Stretched(Composite.RGB, RANGES[Composite.RGB]), where="x")
    by_name = decode(file.getvalue(), bands=parse_bands("3:1400:6400,2:2400:7400,1:3200:8200"), where="x")
    np.testing.assert_allclose(found.astype(int), by_name, atol=1)
