"""GeoTIFF of any number of bands and any data type, through rasterio; extra `tailprobe[geotiff]`."""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, UInt8

from tailprobe.datasets.pixels.bands import Band, Bands, Range
from tailprobe.datasets.pixels.size import check_size
from tailprobe.errors import InputError


def decode_bands(data: bytes, bands: Bands, *, where: str) -> UInt8[np.ndarray, "h w 3"]:
    """Decode three bands of a GeoTIFF as 8-bit red, green and blue.

    Values are scaled linearly from the low to the high end of a band's range, clipped and rounded; 8-bit values without
    a range are left as they are. Pixels marked as no-data, and pixels with a NaN, are black.

    Args:
        data: the whole file.
        bands: which, and their ranges.
        where: the file, for messages.

    Raises:
        InputError: rasterio is not installed, the file is not a GeoTIFF, damaged, too large, lacks a band, or has
            more than 8 bits and a band has no range.
    """
    values, valid, is_8_bit = read_bands(data, bands, where=where)
    for band in bands.listed:
        if not (band.has_range or is_8_bit):
            raise InputError(f"{where}: band {band.name} has no range yet; give low and high, as {band.name}:0:3000")
    return scaled(values, valid, tuple((b.low, b.high) if b.has_range else (0.0, 255.0) for b in bands.listed))


def scaled(
    values: Float[np.ndarray, "h w c"], valid: Bool[np.ndarray, "h w"], ranges: tuple[Range, ...]
) -> UInt8[np.ndarray, "h w c"]:
    """Scale each channel linearly so that its range becomes 0..255; clipped, rounded, black where there is no data."""
    pixels = np.zeros(values.shape, np.uint8)
    for i, (low, high) in enumerate(ranges):
        linear = (values[..., i] - low) * (255 / (high - low))
        pixels[..., i] = np.rint(np.where(valid, linear, 0).clip(0, 255))
    return pixels


def read_bands(
    data: bytes, bands: Bands, *, where: str
) -> tuple[Float[np.ndarray, "h w 3"], Bool[np.ndarray, "h w"], bool]:
    """Return the values of three bands, which pixels hold data, and whether all are 8-bit; raises as `decode_bands`."""
    with _opened(data, where=where) as file:
        check_size(file.height, file.width, where=where)
        numbers = [_band_number(file.descriptions, band, where=where) for band in bands.listed]
        values = np.moveaxis(file.read(numbers).astype(np.float64), 0, -1)
        valid = (file.read_masks(numbers) > 0).all(axis=0) & np.isfinite(values).all(axis=-1)
        is_8_bit = all(file.dtypes[number - 1] == "uint8" for number in numbers)
    return values, valid, is_8_bit


def _band_number(descriptions: tuple[str | None, ...], band: Band, *, where: str) -> int:
    """Return the number of a band, from 1."""
    named = [i for i, name in enumerate(descriptions, start=1) if name and name.lower() == band.name.lower()]
    if len(named) == 1:
        return named[0]
    if not named and band.name.isdecimal() and 1 <= int(band.name) <= len(descriptions):
        return int(band.name)
    listed = ", ".join(name or str(i) for i, name in enumerate(descriptions, start=1))
    problem = f"has {len(named)} bands called {band.name!r}" if named else f"has no band {band.name!r}"
    raise InputError(f"{where}: {problem}; it has {listed}")


@contextmanager
def _opened(data: bytes, *, where: str) -> Iterator[Any]:
    try:
        rasterio = importlib.import_module("rasterio")
        memory = importlib.import_module("rasterio.io")
    except ImportError as error:
        raise InputError(f"{where}: bands by name need rasterio ({error}); pip install 'tailprobe[geotiff]'") from None
    try:
        # Only GeoTIFF: other GDAL formats may read other files, or the network.
        with (
            rasterio.Env(GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR"),
            memory.MemoryFile(data) as held,
            held.open(driver="GTiff") as file,
        ):
            yield file
    except rasterio.errors.RasterioError as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{where}: is not a readable GeoTIFF ({reason}); restore it or leave it out") from error
