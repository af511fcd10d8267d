"""TIFF that Pillow does not know: four bands of satellite data, or 16 bits a sample."""

import io
import logging

import numpy as np
import tifffile
from jaxtyping import Float, UInt8, UInt16

from tailprobe.datasets.pixels.size import check_size
from tailprobe.datasets.storage.image_source import Stream
from tailprobe.errors import InputError

# What tifffile finds wrong with a file becomes an InputError here; without a handler it would also go to stderr.
logging.getLogger("tifffile").addHandler(logging.NullHandler())

BANDS = {"rgb": (2, 1, 0), "nrg": (3, 2, 1)}  # places in a four-band image: blue, green, red, near-infrared

# Planet's 16-bit numbers, black and white end of each band in its own order. The same for every image, so that a bright
# chip stays brighter than a dark one. Read off real chips: the black end lies just under their darkest pixels (3572,
# 2788, 1613, 2964), the white end where bare soil, sand and roofs are bright and clouds white. All three visible bands
# span 5,000, so that hues hold; near-infrared varies twice as much over forest.
BLACK = np.array([3200, 2400, 1400, 2500], np.float32)
WHITE = np.array([8200, 7400, 6400, 12500], np.float32)


def is_tiff(start: bytes) -> bool:
    """Return whether a file that begins with `start` is a TIFF or a BigTIFF."""
    return start[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def tiff_size(stream: Stream, *, where: str) -> tuple[int, int]:
    """Return height and width of the first page, from its header; raises as `check_size`, and what tifffile raises."""
    with tifffile.TiffFile(stream) as tiff:
        page = tiff.pages.first
        check_size(page.imagelength, page.imagewidth, where=where)
        return page.imagelength, page.imagewidth


def decode_multiband(data: bytes, *, bands: str, where: str) -> UInt8[np.ndarray, "h w 3"] | None:
    """Decode the first page of a TIFF of 16 bits or more than three bands; None for one that Pillow knows.

    Args:
        data: the whole file.
        bands: "rgb" or "nrg", taken from a 16-bit image of four bands; of fewer bands only "rgb" can be taken.
        where: the file, for messages.

    Raises:
        InputError: the image is too large, truncated, or of a number of bands or type of numbers without known meaning.
    """
    with tifffile.TiffFile(io.BytesIO(data)) as tiff:
        page = tiff.pages.first
        check_size(page.imagelength, page.imagewidth, where=where)
        if _is_plain(page):
            return None
        _check_meaning(page, where=where)
        _check_whole(page, len(data), where=where)
        pixels = _bands_last(page)
    return _to_8_bits(pixels, bands=bands, where=where)


def scale_planet(pixels: UInt16[np.ndarray, "h w 4"], *, bands: str = "rgb") -> UInt8[np.ndarray, "h w 3"]:
    """Scale three of Planet's four bands to 8 bits: linear from `BLACK` to `WHITE`, clipped, rounded.

    >>> chip = np.full((1, 1, 4), 3900, np.uint16)
    >>> scale_planet(chip).tolist(), scale_planet(chip, bands="nrg").tolist()
    ([[[128, 76, 36]]], [[[36, 128, 76]]])
    """
    places = list(BANDS[bands])
    black, white = BLACK[places], WHITE[places]
    scaled: Float[np.ndarray, "h w 3"] = (pixels[..., places].astype(np.float32) - black) * (255 / (white - black))
    scaled = np.rint(scaled.clip(0, 255))
    return scaled.astype(np.uint8)


def _to_8_bits(pixels: UInt16[np.ndarray, "h w bands"], *, bands: str, where: str) -> UInt8[np.ndarray, "h w 3"]:
    if pixels.shape[2] == 4:
        return scale_planet(pixels, bands=bands)
    if bands != "rgb":
        raise InputError(f"{where}: has no near-infrared band, so bands {bands!r} cannot be taken; pass bands 'rgb'")
    # No sensor known: the whole range of 16 bits becomes the whole range of 8, as Pillow does for 16-bit PNG.
    eight = (pixels >> 8).astype(np.uint8)
    return np.ascontiguousarray(np.broadcast_to(eight, (*eight.shape[:2], 3)))


def _is_plain(page: tifffile.TiffPage) -> bool:
    """Return whether Pillow knows an image: 8 bits of grey, RGB, RGBA or CMYK, or fewer bits of grey or a palette."""
    return page.bitspersample <= 8 and page.samplesperpixel <= 4 and page.sampleformat == tifffile.SAMPLEFORMAT.UINT


def _check_meaning(page: tifffile.TiffPage, *, where: str) -> None:
    count = page.samplesperpixel
    if page.dtype != np.uint16 or count not in (1, 3, 4) or page.size != page.imagelength * page.imagewidth * count:
        raise InputError(
            f"{where}: {count} bands of {page.dtype} have no known meaning; expected 8 bits, or 16 bits with 1 band "
            "(grey), 3 (red, green, blue) or 4 (blue, green, red, near-infrared): write the wanted bands so"
        )


def _check_whole(page: tifffile.TiffPage, size: int, *, where: str) -> None:
    # tifffile fills absent strips with zeros without a word.
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
