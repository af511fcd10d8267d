"""An image in memory: a PIL image or an array of pixels, stored as PNG."""

import hashlib
import io
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import Image

from tailprobe.errors import InputError


@dataclass(frozen=True)
class MemoryImage:
    """The encoded bytes of one image."""

    name: str  # for messages
    data: bytes = field(repr=False)

    def read(self) -> bytes:
        """Return the encoded bytes."""
        return self.data

    def etag(self) -> str:
        """Return a digest of the bytes."""
        return hashlib.sha256(self.data).hexdigest()

    def header(self) -> io.BytesIO:
        """Return the bytes as a stream."""
        return io.BytesIO(self.data)

    def __str__(self) -> str:
        return self.name


def memory_image(pixels: Any, name: str) -> MemoryImage:  # noqa: ANN401 - checked here
    """Return an image source for a PIL image or an array of pixels.

    Args:
        pixels: a PIL image, or (H, W), (H, W, 3) or (H, W, 4) uint8.
        name: the image's name in messages.

    Raises:
        InputError: `pixels` is neither.
    """
    if isinstance(pixels, np.ndarray):
        if (
            pixels.dtype != np.uint8
            or pixels.ndim not in (2, 3)
            or (pixels.ndim == 3 and pixels.shape[2] not in (3, 4))
        ):
            raise InputError(
                f"{name}: array has shape {pixels.shape} and dtype {pixels.dtype}; expected pixels of shape (height, "
                "width, 3) and dtype uint8, or a PIL image"
            )
        pixels = Image.fromarray(pixels)
    if not isinstance(pixels, Image.Image):
        raise InputError(f"{name}: got {type(pixels).__name__}; expected a path, a PIL image or an array of pixels")
    stream = io.BytesIO()
    (pixels if pixels.mode in ("1", "L", "LA", "RGB", "RGBA", "P", "I", "I;16") else pixels.convert("RGB")).save(
        stream, "PNG"
    )
    return MemoryImage(name, stream.getvalue())
