"""Small pictures of images, encoded to be kept with a run."""

import io
from typing import Literal

from PIL import Image

from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.pixels.decode import decode


def thumbnail(images: LabeledImages, row: int, *, side: int, format: Literal["JPEG", "PNG"]) -> bytes:
    """Return an image shrunk to at most `side` pixels on its longer side, as an encoded file.

    Raises:
        InputError: the image cannot be read.
    """
    source = images.image_sources[row]
    picture = Image.fromarray(decode(source.read(), bands=images.band_selection, where=str(source)))
    picture.thumbnail((side, side))
    buffer = io.BytesIO()
    picture.save(buffer, format=format, quality=85)  # PNG is lossless and ignores the quality
    return buffer.getvalue()
