"""Decode the bytes of an image file to RGB."""

import io
import re
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import simplejpeg
from jaxtyping import Num, UInt8, UInt16
from PIL import Image

from tailprobe.datasets.pixels.bands import Bands, BandSelection, Composite, Stretched
from tailprobe.datasets.pixels.deep import deep_samples
from tailprobe.datasets.pixels.dicom import dicom_samples, dicom_size, is_dicom
from tailprobe.datasets.pixels.geotiff import decode_bands
from tailprobe.datasets.pixels.heif import is_heif, register_heif
from tailprobe.datasets.pixels.size import TooManyPixelsError, check_size
from tailprobe.datasets.pixels.stretch import to_8_bits
from tailprobe.datasets.pixels.tiff import is_tiff, tiff_samples, tiff_size
from tailprobe.datasets.storage.image_source import Stream
from tailprobe.errors import InputError

# The formats Pillow may open; not all that it supports: an EPS file, for one, is a program that Pillow would run.
FORMATS = ("JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF", "PPM", "JPEG2000", "AVIF", "HEIF")
_ORIENTATION = 0x0112
_MIRRORED = (2, 4, 5, 7)  # EXIF orientations that are mirrored, left to right
_QUARTERS = {3: 2, 4: 2, 5: 1, 6: 3, 7: 3, 8: 1}  # quarters turned to the left, after mirroring
_STREAM = re.compile(r"image file <_io\..*>")
_header_lock = threading.Lock()


def decode(data: bytes, *, bands: BandSelection = Composite.RGB, where: str) -> UInt8[np.ndarray, "h w 3"]:
    """Decode an image of any common format to 8-bit RGB.

    JPEG, PNG, GIF, BMP, WebP, TIFF, PPM, AVIF, JPEG 2000 and, with their extras, HEIC and DICOM are recognised by their
    content, not by their name. Of an animation or a file with several pages, the first is decoded. EXIF orientation is
    applied; transparent pixels become black, like no-data pixels; colour profiles are not applied. Samples of more than
    8 bits are scaled by the ranges of `bands`, see `tailprobe.datasets.pixels.band_ranges`.

    Args:
        data: the whole file.
        bands: a composite, or three bands of a GeoTIFF, see `tailprobe.datasets.pixels.bands`.
        where: the file, for messages.

    Returns:
        (h, w, 3) uint8.

    Raises:
        InputError: the data are not an image of a known format, are truncated, damaged or empty, have more than
            `tailprobe.datasets.pixels.size.MAX_PIXELS` pixels, lack a band that `bands` asks for, or have more than 8
            bits although `bands` has no range.
    """
    return np.ascontiguousarray(decode_channels(data, bands=bands, where=where)[..., :3])


def decode_channels(data: bytes, *, bands: BandSelection = Composite.RGB, where: str) -> UInt8[np.ndarray, "h w c"]:
    """Decode an image to all channels of its bands; `decode` returns the first three.

    Returns:
        (h, w, 3) uint8, or (h, w, 4) for `rgbn`.

    Raises:
        InputError: as `decode`.
    """
    if isinstance(bands, Bands):
        return decode_bands(data, bands, where=where)
    composite = bands.composite if isinstance(bands, Stretched) else bands
    return to_8_bits(read_samples(data, bands=composite, where=where), bands, where=where)


def read_samples(data: bytes, *, bands: Composite, where: str) -> Num[np.ndarray, "h w c"]:
    """Decode an image to the channels of a composite in the data type of the file.

    Raises:
        InputError: as `decode`.
    """
    _refuse_empty(data, where=where)
    try:
        return np.ascontiguousarray(_decode(data, bands=bands, where=where))
    except InputError:
        raise
    except Exception as error:  # decoders raise anything at damaged input: struct.error, SyntaxError, IndexError, ...
        raise _unreadable(where, error) from error


def read_size(stream: Stream, *, where: str) -> tuple[int, int]:
    """Return height and width of an image from its header, before orientation; no pixel is decoded.

    Raises:
        InputError: as `decode`, as far as a header shows it.
    """
    start = stream.read(2**16)
    _refuse_empty(start, where=where)
    try:
        if _is_jpeg(start):
            size = _jpeg_size(start, where=where)
            if size is not None:
                return size
        stream.seek(0)
        if is_tiff(start):
            return tiff_size(stream, where=where)
        if is_dicom(start):
            return dicom_size(stream, where=where)
        with _quiet_headers():
            image = _header(stream, where=where)
        return image.height, image.width
    except InputError:
        raise
    except Exception as error:
        raise _unreadable(where, error) from error


def _decode(data: bytes, *, bands: Composite, where: str) -> Num[np.ndarray, "h w c"]:
    if is_tiff(data):
        pixels = tiff_samples(data, bands=bands, where=where)
        if pixels is not None:
            return pixels
    if bands is not Composite.RGB:
        raise InputError(f"{where}: bands '{bands}' need a TIFF of four bands with near-infrared; pass bands 'rgb'")
    pixels = _decode_jpeg(data, where=where) if _is_jpeg(data) else None
    return _decode_with_pillow(data, where=where) if pixels is None else pixels


def _decode_jpeg(data: bytes, *, where: str) -> UInt8[np.ndarray, "h w 3"] | None:
    """Decode with libjpeg-turbo, which is faster than Pillow; None if Pillow has to decode."""
    if b"Exif\0" in data[: 2**16] or _jpeg_size(data, where=where) is None:
        return None
    try:
        # Strict, so that damage is an error. Pillow then distinguishes harmless damage (stray bytes) from truncation.
        colours = simplejpeg.decode_jpeg_header(data)[2]
        if colours == "YCCK":
            return None
        return (
            _from_four_components(simplejpeg.decode_jpeg(data, "CMYK"))
            if colours == "CMYK"
            else simplejpeg.decode_jpeg(data, "RGB")
        )
    except ValueError:
        return None


def _from_four_components(pixels: UInt8[np.ndarray, "h w 4"]) -> UInt8[np.ndarray, "h w 3"]:
    """Turn a four-component JPEG into RGB.

    Files with Adobe's marker hold CMYK inverted, so that red is C * K / 255. Planet's have no marker, are reported as
    CMYK only because they have four components, and actually hold red, green, blue and 255: the same product gives
    their colours (checked against the TIFFs of the same chips). Pillow decodes all such files so, and so do we.
    """
    key = pixels[..., 3:]
    if key.min() == 255:
        return pixels[..., :3]
    product: UInt16[np.ndarray, "h w 3"] = pixels[..., :3].astype(np.uint16) * key
    return ((product + 127) // 255).astype(np.uint8)


def _decode_with_pillow(data: bytes, *, where: str) -> Num[np.ndarray, "h w 3"]:
    if is_dicom(data):
        return dicom_samples(data, where=where)
    image, orientation = _open(io.BytesIO(data), where=where)
    if image.format in ("PNG", "JPEG2000"):  # Pillow would take the upper 8 bits of their colours
        deep = deep_samples(data, where=where)
        if deep is not None:
            return _apply_orientation(deep, orientation)
    image.load()
    if image.mode.startswith("I") or image.mode == "F":
        grey = np.asarray(image)
        return _apply_orientation(np.broadcast_to(grey[..., None], (*grey.shape, 3)), orientation)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, (0, 0, 0, 255)), image)
    return _apply_orientation(np.asarray(image.convert("RGB")), orientation)


def _apply_orientation(pixels: Num[np.ndarray, "h w 3"], orientation: int) -> Num[np.ndarray, "_ _ 3"]:
    """Apply an EXIF orientation: mirror for 2, 4, 5 and 7, then rotate by multiples of 90 degrees."""
    if orientation in _MIRRORED:
        pixels = pixels[:, ::-1]
    return np.rot90(pixels, k=_QUARTERS.get(orientation, 0))


def _open(stream: Stream, *, where: str) -> tuple[Image.Image, int]:
    """Open with Pillow, without decoding; return the image and its EXIF orientation."""
    with _quiet_headers():
        image = _header(stream, where=where)
        orientation = image.getexif().get(_ORIENTATION, 1)  # which decodes a PNG, whose metadata may follow the pixels
    return image, orientation


@contextmanager
def _quiet_headers() -> Iterator[None]:
    """Ignore Pillow's warnings about large images and unusual metadata: sizes are checked and metadata are not used.

    Warning filters are global to the process, hence the lock and the filter on Pillow's modules.
    """
    with _header_lock, warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"PIL\.")
        yield


def _header(stream: Stream, *, where: str) -> Image.Image:
    start = stream.read(64)
    stream.seek(0)
    if is_heif(start):
        register_heif(where=where)
    Image.init()
    try:
        image = Image.open(stream, formats=[form for form in FORMATS if form in Image.OPEN])  # HEIF is an extra
    except Image.DecompressionBombError as error:
        raise TooManyPixelsError(f"{where}: {error}; cut it into tiles") from error
    check_size(image.height, image.width, where=where)
    return image


def _is_jpeg(start: bytes) -> bool:
    return start[:3] == b"\xff\xd8\xff"


def _jpeg_size(start: bytes, *, where: str) -> tuple[int, int] | None:
    try:
        height, width, _, _ = simplejpeg.decode_jpeg_header(start)
    except ValueError:
        return None
    check_size(height, width, where=where)
    return int(height), int(width)


def _refuse_empty(data: bytes, *, where: str) -> None:
    if not data:
        raise InputError(f"{where}: the file is empty; restore it or pass --on-bad-image skip to leave it out")


def _unreadable(where: str, error: Exception) -> InputError:
    # Pillow names the stream, by an address that differs from run to run; the reason is kept with the embeddings.
    reason = _STREAM.sub("its format", " ".join(str(error).split()))[:200] or type(error).__name__
    return InputError(
        f"{where}: not a readable image ({reason}); restore the file or pass --on-bad-image skip to leave it out"
    )
