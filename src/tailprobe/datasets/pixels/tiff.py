"""TIFF that Pillow cannot read: four bands of satellite data, or 16 bits per sample."""

import io
import logging

import numpy as np
import tifffile
from jaxtyping import Float, UInt8, UInt16

from tailprobe.datasets.pixels.bands import Composite
from tailprobe.datasets.pixels.size import check_size
from tailprobe.datasets.storage.image_source import Stream
from tailprobe.errors import InputError

# tifffile's warnings become InputErrors here; without a handler they would also go to stderr.
logging.getLogger("tifffile").addHandler(logging.NullHandler())

# Channels of a four-band image in the order blue, green, red, near-infrared.
_CHANNELS = {Composite.RGB: [2, 1, 0], Composite.NRG: [3, 2, 1]}

# The range of each of Planet's 16-bit bands, in the file's order. The same for every image, so that a bright chip stays
# brighter than a dark one. Measured on real chips: the low end lies just under their darkest pixels (3572, 2788, 1613,
# 2964), the high end where bare soil, sand and roofs are bright and clouds white. All three visible bands span 5,000,
# which preserves hues; near-infrared varies twice as much over forest.
LOW = np.array([3200, 2400, 1400, 2500], np.float32)
HIGH = np.array([8200, 7400, 6400, 12500], np.float32)


def is_tiff(start: bytes) -> bool:
    """Return whether a file that begins with `start` is a TIFF or a BigTIFF."""
    return start[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def tiff_size(stream: Stream, *, where: str) -> tuple[int, int]:
    """Return height and width of the first page, from its header; raises as `check_size`, and what tifffile raises."""
    with tifffile.TiffFile(stream) as tiff:
        page = tiff.pages.first
        check_size(page.imagelength, page.imagewidth, where=where)
        return page.imagelength, page.imagewidth


def decode_multiband(data: bytes, *, bands: Composite, where: str) -> UInt8[np.ndarray, "h w 3"] | None:
    """Decode the first page of a TIFF of 16 bits or more than three bands; None for one that Pillow can read.

    Args:
        data: the whole file.
        bands: taken from a 16-bit image of four bands; an image of fewer bands has RGB alone.
        where: the file, for messages.

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
        pixels = _bands_last(page)
    return _to_8_bits(pixels, bands=bands, where=where)


def scale_planet(
    pixels: UInt16[np.ndarray, "h w 4"], *, bands: Composite = Composite.RGB
) -> UInt8[np.ndarray, "h w 3"]:
    """Scale three of Planet's four bands to 8 bits: linearly from `LOW` to `HIGH`, clipped, rounded.

    >>> chip = np.full((1, 1, 4), 3900, np.uint16)
    >>> scale_planet(chip).tolist(), scale_planet(chip, bands=Composite.NRG).tolist()
    ([[[128, 76, 36]]], [[[36, 128, 76]]])
    """
    channels = _CHANNELS[bands]
    low, high = LOW[channels], HIGH[channels]
    scaled: Float[np.ndarray, "h w 3"] = (pixels[..., channels].astype(np.float32) - low) * (255 / (high - low))
    scaled = np.rint(scaled.clip(0, 255))
    return scaled.astype(np.uint8)


def _to_8_bits(pixels: UInt16[np.ndarray, "h w bands"], *, bands: Composite, where: str) -> UInt8[np.ndarray, "h w 3"]:
    if pixels.shape[2] == 4:
        return scale_planet(pixels, bands=bands)
    if bands is not Composite.RGB:
        raise InputError(f"{where}: has no near-infrared band, so bands '{bands}' cannot be taken; pass bands 'rgb'")
    # Unknown sensor: the full 16-bit range is mapped to the full 8-bit range, as Pillow does for 16-bit PNG.
    scaled = (pixels >> 8).astype(np.uint8)
    return np.ascontiguousarray(np.broadcast_to(scaled, (*scaled.shape[:2], 3)))


def _is_plain(page: tifffile.TiffPage) -> bool:
    """Return whether Pillow can read an image: 8-bit grey, RGB, RGBA or CMYK, or fewer bits of grey or a palette."""
    return page.bitspersample <= 8 and page.samplesperpixel <= 4 and page.sampleformat == tifffile.SAMPLEFORMAT.UINT


def _check_meaning(page: tifffile.TiffPage, *, where: str) -> None:
    count = page.samplesperpixel
    if page.dtype != np.uint16 or count not in (1, 3, 4) or page.size != page.imagelength * page.imagewidth * count:
        raise InputError(
            f"{where}: {count} bands of {page.dtype} have no known meaning; expected 8 bits, or 16 bits with 1 band "
            "(grey), 3 (red, green, blue) or 4 (blue, green, red, near-infrared): write the wanted bands so"
        )


def _check_complete(page: tifffile.TiffPage, size: int, *, where: str) -> None:
    # tifffile silently fills missing strips with zeros.
    pieces = list(zip(page.dataoffsets, page.databytecounts, strict=True))
    expected = page.nbytes if page.compression == tifffile.COMPRESSION.NONE else 1
    if any(count == 0 or start + count > size for start, count in pieces) or sum(c for _, c in pieces) < expected:
        raise InputError(f"{where}: the file is truncated; restore it or pass --on-bad-image skip to leave it out")


def _bands_last(page: tifffile.TiffPage) -> UInt16[np.ndarray, "h w bands"]:
    # In the file, the bands of a pixel lie together, or each band is a plane.
    planes = page.samplesperpixel > 1 and page.planarconfig == tifffile.PLANARCONFIG.SEPARATE
    pixels: UInt16[np.ndarray, ...] = page.asarray()
    if planes:
        return np.ascontiguousarray(np.moveaxis(pixels, 0, -1))
    return pixels.reshape(page.imagelength, page.imagewidth, page.samplesperpixel)
