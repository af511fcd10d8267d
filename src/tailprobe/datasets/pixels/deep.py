"""Formats that may hold more than 8 bits a sample: which they are, and their samples as they are."""

import imagecodecs
import numpy as np
from jaxtyping import Num, Shaped

from tailprobe.datasets.pixels.dicom import is_dicom
from tailprobe.datasets.pixels.tiff import is_tiff
from tailprobe.errors import InputError

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_DEPTH = 24  # the byte of a PNG that holds its bits a sample
_JPEG_2000 = (b"\0\0\0\x0cjP  ", b"\xff\x4f\xff\x51")
START = 256  # bytes that show it


def may_be_deep(start: bytes) -> bool:
    """Return whether a file that begins with `start` may hold more than 8 bits a sample."""
    is_netpbm = start[:2] in (b"P2", b"P5", b"P3", b"P6")
    return is_tiff(start) or is_deep_png(start) or is_jpeg_2000(start) or is_dicom(start) or is_netpbm


def is_deep_png(start: bytes) -> bool:
    """Return whether a PNG holds 16 bits a sample."""
    return start[:8] == _PNG and len(start) > _PNG_DEPTH and start[_PNG_DEPTH] == 16


def is_jpeg_2000(start: bytes) -> bool:
    """Return whether a file is JPEG 2000, with or without a container."""
    return start.startswith(_JPEG_2000)


def deep_samples(data: bytes, *, where: str) -> Num[np.ndarray, "h w 3"] | None:
    """Return the samples of a PNG of 16 bits or a JPEG 2000 as red, green, blue; None for other files.

    The size has been checked. Pixels lose what their alpha hides, as if over black.

    Raises:
        InputError: it has a number of channels without a known meaning.
        Exception: whatever the decoder raises at damaged data.
    """
    if is_deep_png(data):
        return _colours(imagecodecs.png_decode(data), where=where)
    if is_jpeg_2000(data):
        return _colours(imagecodecs.jpeg2k_decode(data), where=where)
    return None


def _colours(samples: Shaped[np.ndarray, "h w *c"], *, where: str) -> Num[np.ndarray, "h w 3"]:
    if samples.ndim == 2:
        samples = samples[..., None]
    channels = samples.shape[2]
    if channels not in (1, 2, 3, 4):
        raise InputError(f"{where}: {channels} channels have no known meaning; expected grey or red, green, blue")
    colours = np.broadcast_to(samples[..., : 1 if channels < 3 else 3], (*samples.shape[:2], 3))
    if channels in (2, 4):
        opaque = samples[..., -1:] / np.iinfo(samples.dtype).max
        colours = np.rint(colours * opaque).astype(samples.dtype)
    return np.ascontiguousarray(colours)
