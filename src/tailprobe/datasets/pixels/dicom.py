"""DICOM images, through pydicom; extra `tailprobe[dicom]`."""

import importlib
import io
from typing import Any

import numpy as np
from jaxtyping import Num

from tailprobe.datasets.pixels.size import check_size
from tailprobe.datasets.storage.image_source import Stream
from tailprobe.errors import InputError

_MAGIC = slice(128, 132)


def is_dicom(start: bytes) -> bool:
    """Return whether a file that begins with `start` is DICOM."""
    return start[_MAGIC] == b"DICM"


def dicom_size(stream: Stream, *, where: str) -> tuple[int, int]:
    """Return height and width from the header; raises as `check_size`, and where pydicom is not installed."""
    header = _pydicom(where).dcmread(stream, stop_before_pixels=True)
    height, width = int(header.get("Rows", 0)), int(header.get("Columns", 0))
    check_size(height, width, where=where)
    return height, width


def dicom_samples(data: bytes, *, where: str) -> Num[np.ndarray, "h w 3"]:
    """Return the first frame: colours of 8 bits, or grey in the file's own units, bright where the screen is bright.

    Grey values go through the modality's rescaling (Hounsfield units of a CT), and MONOCHROME1 is turned over.

    Raises:
        InputError: pydicom is not installed, the image is too large, or its compression needs a further package.
    """
    library = _pydicom(where)
    pixels = importlib.import_module("pydicom.pixels")
    file = library.dcmread(io.BytesIO(data))
    check_size(int(file.get("Rows", 0)), int(file.get("Columns", 0)), where=where)
    try:
        frame = pixels.pixel_array(file, index=0)
    except RuntimeError as error:  # no decoder for this compression
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{where}: its pixels cannot be unpacked ({reason}); write it uncompressed") from error
    if frame.ndim == 3:  # pydicom gives red, green, blue whatever the file's colours
        return np.ascontiguousarray(frame[..., :3])
    return _grey(pixels, frame, file)


def _grey(pixels: Any, frame: np.ndarray, file: Any) -> Num[np.ndarray, "h w 3"]:  # noqa: ANN401 - pydicom's
    values = np.asarray(pixels.apply_modality_lut(frame, file))
    if values.dtype != np.uint8:
        values = values.astype(np.float32)
    if file.get("PhotometricInterpretation") == "MONOCHROME1":  # 0 is white
        values = 255 - values if values.dtype == np.uint8 else -values
    return np.ascontiguousarray(np.broadcast_to(values[..., None], (*values.shape, 3)))


def _pydicom(where: str) -> Any:  # noqa: ANN401 - a module that may not be installed
    try:
        return importlib.import_module("pydicom")
    except ImportError as error:
        raise InputError(f"{where}: DICOM needs pydicom ({error}); pip install 'tailprobe[dicom]'") from None
