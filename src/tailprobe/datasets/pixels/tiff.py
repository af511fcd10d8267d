"""TIFF that Pillow cannot read: four bands, or more than 8 bits per sample."""

import io
import logging

import numpy as np
import tifffile
from jaxtyping import Num

from tailprobe.datasets.pixels.bands import Composite
from tailprobe.datasets.pixels.size import check_size
from tailprobe.datasets.storage.image_source import Stream
from tailprobe.errors import InputError

# tifffile's warnings become InputErrors here; without a handler they would also go to stderr.
logging.getLogger("tifffile").addHandler(logging.NullHandler())

# Channels of an image of four bands. The tags of real files are unreliable: Planet's say RGB with alpha.
# Satellites' order of more than 8 bits: blue, green, red, near-infrared; of 8 bits: red, green, blue, near-infrared.
_CHANNELS_16 = {Composite.RGB: [2, 1, 0], Composite.NRG: [3, 2, 1], Composite.RGBN: [2, 1, 0, 3]}
_CHANNELS_8 = {Composite.RGB: [0, 1, 2], Composite.NRG: [3, 0, 1], Composite.RGBN: [0, 1, 2, 3]}
_NO_DATA = 42113  # GDAL's tag


def is_tiff(start: bytes) -> bool:
    """Return whether a file that begins with `start` is a TIFF or a BigTIFF."""
    return start[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def tiff_size(stream: Stream, *, where: str) -> tuple[int, int]:
    """Return height and width of the first page, from its header; raises as `check_size`, and what tifffile raises."""
    with tifffile.TiffFile(stream) as tiff:
        page = tiff.pages.first
        check_size(page.imagelength, page.imagewidth, where=where)
        return page.imagelength, page.imagewidth


def channel_order(bands: Composite, *, is_8_bit: bool) -> list[int]:
    """Return the places, from 0, of a composite's channels in an image of four bands."""
    return (_CHANNELS_8 if is_8_bit else _CHANNELS_16)[bands]


def tiff_samples(data: bytes, *, bands: Composite, where: str) -> Num[np.ndarray, "h w c"] | None:
    """Return the first page of a TIFF of four bands or more than 8 bits as it is; None for one that Pillow can read.

    Args:
        data: the whole file.
        bands: taken from an image of four bands; images with fewer bands have only RGB.
        where: the file, for messages.

    Returns:
        The channels of `bands`, of the file's type; float32 with NaN where the file says that there is no data.

    Raises:
        InputError: the image is too large or truncated, or its number of bands or data type has no known meaning.
    """
    with tifffile.TiffFile(io.BytesIO(data)) as tiff:
        page = tiff.pages.first
        check_size(page.imagelength, page.imagewidth, where=where)
        if _is_plain(page):
            return None
        _check_meaning(page, where=where)
        _check_complete(page, len(data), where=where)
        pixels = _without_no_data(_bands_last(page), page)
    return _composite(pixels, bands=bands, where=where)


def _composite(pixels: Num[np.ndarray, "h w bands"], *, bands: Composite, where: str) -> Num[np.ndarray, "h w c"]:
    if pixels.shape[2] == 4:
        if not _is_alpha(pixels[..., 3]):
            order = channel_order(bands, is_8_bit=pixels.dtype == np.uint8)
            return np.ascontiguousarray(pixels[..., order])
        shown = np.where(pixels[..., 3:] > 0, pixels[..., :3], 0) if pixels[..., 3].any() else pixels[..., :3]
        pixels = shown.astype(pixels.dtype)
    if bands is not Composite.RGB:
        raise InputError(f"{where}: has no near-infrared band, so bands '{bands}' cannot be taken; pass bands 'rgb'")
    return np.ascontiguousarray(np.broadcast_to(pixels, (*pixels.shape[:2], 3)))


def _is_alpha(band: Num[np.ndarray, "h w"]) -> bool:
    """Return whether a fourth band holds what an alpha band holds: one value, or 0 and the largest of its type."""
    low, high = band.min(), band.max()
    largest = np.iinfo(band.dtype).max if band.dtype.kind in "ui" else 1
    return bool(low == high or (low == 0 and high == largest and ((band == low) | (band == high)).all()))


def _is_plain(page: tifffile.TiffPage) -> bool:
    """Return whether Pillow can read an image: 8-bit grey, RGB or CMYK, or fewer bits of grey or a palette."""
    is_cmyk = page.photometric == tifffile.PHOTOMETRIC.SEPARATED
    few = page.samplesperpixel <= 3 or (page.samplesperpixel == 4 and is_cmyk)
    return page.bitspersample <= 8 and few and page.sampleformat == tifffile.SAMPLEFORMAT.UINT


def _check_meaning(page: tifffile.TiffPage, *, where: str) -> None:
    count = page.samplesperpixel
    known = page.dtype is not None and page.dtype.kind in "uif" and count in (1, 3, 4)
    if not known or page.size != page.imagelength * page.imagewidth * count:
        raise InputError(
            f"{where}: {count} bands of {page.dtype} have no known meaning; expected 1 band (grey), 3 (red, green, "
            "blue) or 4 (8 bits: red, green, blue, near-infrared; more: blue, green, red, near-infrared). Name the "
            "wanted ones with --bands, as B4,B3,B2 or 3,2,1, which needs tailprobe[geotiff]"
        )


def _without_no_data(pixels: Num[np.ndarray, "h w bands"], page: tifffile.TiffPage) -> Num[np.ndarray, "h w bands"]:
    """Put NaN where samples of more than 8 bits hold the value that GDAL's tag names."""
    if pixels.dtype == np.uint8 or _NO_DATA not in page.tags:
        return pixels
    try:
        missing = float(str(page.tags[_NO_DATA].value).strip("\0 "))
    except ValueError:
        return pixels
    return np.where(pixels == missing, np.float32(np.nan), pixels.astype(np.float32))


def _check_complete(page: tifffile.TiffPage, size: int, *, where: str) -> None:
    # tifffile silently fills missing strips with zeros.
    pieces = list(zip(page.dataoffsets, page.databytecounts, strict=True))
    expected = page.nbytes if page.compression == tifffile.COMPRESSION.NONE else 1
    if any(count == 0 or start + count > size for start, count in pieces) or sum(c for _, c in pieces) < expected:
        raise InputError(f"{where}: the file is truncated; restore it or pass --on-bad-image skip to leave it out")


def _bands_last(page: tifffile.TiffPage) -> Num[np.ndarray, "h w bands"]:
    # In the file, the bands of a pixel are adjacent, or each band is a plane.
    planes = page.samplesperpixel > 1 and page.planarconfig == tifffile.PLANARCONFIG.SEPARATE
    pixels: Num[np.ndarray, ...] = page.asarray()
    if planes:
        return np.ascontiguousarray(np.moveaxis(pixels, 0, -1))
    return pixels.reshape(page.imagelength, page.imagewidth, page.samplesperpixel)
