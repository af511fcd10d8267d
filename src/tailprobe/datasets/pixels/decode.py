"""Decode the bytes of an image file to RGB."""

import io
import re
import threading
import warnings

import numpy as np
import simplejpeg
from jaxtyping import UInt8, UInt16
from PIL import Image

from tailprobe.datasets.pixels.bands import Bands, BandSelection, Composite
from tailprobe.datasets.pixels.geotiff import decode_bands
from tailprobe.datasets.pixels.size import check_size
from tailprobe.datasets.pixels.tiff import decode_multiband, is_tiff, tiff_size
from tailprobe.datasets.storage.image_source import Stream
from tailprobe.errors import InputError

# The formats Pillow may open; not all that it supports: an EPS file, for one, is a program that Pillow would run.
FORMATS = ("JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF", "PPM")
_ORIENTATION = 0x0112
_TRANSPOSES = {  # by EXIF orientation, what makes the image upright; 1 is upright
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_STREAM = re.compile(r"image file <_io\..*>")
_header_lock = threading.Lock()


def decode(data: bytes, *, bands: BandSelection = Composite.RGB, where: str) -> UInt8[np.ndarray, "h w 3"]:
    """Decode an image of any common format to 8-bit RGB.

    JPEG, PNG, GIF, BMP, WebP, TIFF and PPM are recognised by their content, not by their name. An animation or a file
    of several pages gives the first. EXIF orientation is applied; transparent pixels become black, as no-data pixels
    are; colour profiles are not applied. 16-bit grey and RGB lose their lower 8 bits; a 16-bit TIFF of four bands is
    Planet's blue, green, red, near-infrared and is scaled by a fixed range, see `tailprobe.datasets.pixels.tiff`.

    Args:
        data: the whole file.
        bands: a composite, or three bands of a GeoTIFF, see `tailprobe.datasets.pixels.bands`.
        where: the file, for messages.

    Returns:
        (h, w, 3) uint8.

    Raises:
        InputError: the data are not an image of a known format, truncated, damaged, empty, of more than
            `tailprobe.datasets.pixels.size.MAX_PIXELS` pixels, or lack a band that `bands` asks for.
    """
    if isinstance(bands, Bands):
        return decode_bands(data, bands, where=where)
    _refuse_empty(data, where=where)
    try:
        pixels = _decode(data, bands=bands, where=where)
    except InputError:
        raise
    except Exception as error:  # decoders raise anything at damaged input: struct.error, SyntaxError, IndexError, ...
        raise _unreadable(where, error) from error
    return np.ascontiguousarray(pixels)


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
        image, _ = _open(stream, where=where)
        return image.height, image.width
    except InputError:
        raise
    except Exception as error:
        raise _unreadable(where, error) from error


def _decode(data: bytes, *, bands: Composite, where: str) -> UInt8[np.ndarray, "h w 3"]:
    if is_tiff(data):
        pixels = decode_multiband(data, bands=bands, where=where)
        if pixels is not None:
            return pixels
    if bands is not Composite.RGB:
        raise InputError(
            f"{where}: bands '{bands}' need a 16-bit TIFF of four bands with near-infrared; pass bands 'rgb'"
        )
    pixels = _decode_jpeg(data, where=where) if _is_jpeg(data) else None
    return _decode_with_pillow(data, where=where) if pixels is None else pixels


def _decode_jpeg(data: bytes, *, where: str) -> UInt8[np.ndarray, "h w 3"] | None:
    """Decode with libjpeg-turbo, which is faster than Pillow; None where Pillow has to decode."""
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

    Files with Adobe's marker hold CMYK inverted, so that red is C * K / 255. Planet's have no marker, are named CMYK by
    decoders for their four components alone, and in fact hold red, green, blue and 255: the same product gives their
    colours (held against the TIFFs of the same chips). Pillow takes all four-component files so, and so do we.
    """
    key = pixels[..., 3:]
    if key.min() == 255:
        return pixels[..., :3]
    product: UInt16[np.ndarray, "h w 3"] = pixels[..., :3].astype(np.uint16) * key
    return ((product + 127) // 255).astype(np.uint8)


def _decode_with_pillow(data: bytes, *, where: str) -> UInt8[np.ndarray, "h w 3"]:
    image, orientation = _open(io.BytesIO(data), where=where)
    image.load()
    if image.mode.startswith("I"):
        grey = _eight_bits(np.asarray(image), where=where)
        image = Image.fromarray(grey)
    elif image.mode == "F":
        raise InputError(f"{where}: holds floating-point values of unknown range; write it as 8 or 16 bits")
    elif image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, (0, 0, 0, 255)), image)
    image = image.convert("RGB")
    return np.asarray(image.transpose(_TRANSPOSES[orientation]) if orientation in _TRANSPOSES else image)


def _eight_bits(grey: np.ndarray, *, where: str) -> UInt8[np.ndarray, "h w"]:
    if grey.min() < 0 or grey.max() > 65535:
        raise InputError(f"{where}: holds grey values outside 16 bits, of unknown range; write it as 8 or 16 bits")
    return (grey.astype(np.uint16) >> 8).astype(np.uint8)


def _open(stream: Stream, *, where: str) -> tuple[Image.Image, int]:
    """Open with Pillow, without decoding; return the image and its EXIF orientation."""
    # Pillow warns about large images and unusual metadata here; the size is checked below and metadata are not used.
    # Warning filters are global to the process, hence the lock around this step and the filter on Pillow's modules.
    with _header_lock, warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"PIL\.")
        image = Image.open(stream, formats=FORMATS)
        check_size(image.height, image.width, where=where)
        orientation = image.getexif().get(_ORIENTATION, 1)
    return image, orientation


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
