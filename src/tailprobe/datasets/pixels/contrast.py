"""Warn of images that are almost one colour, before anything is embedded."""

import logging

import numpy as np

from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.pixels.decode import decode
from tailprobe.errors import InputError

_LOG = logging.getLogger(__name__)
FLAT = 2.0  # grey levels of 255 between the darkest and the brightest hundredth, in every channel
SHARE = 0.5  # warn from this share of flat images
_IMAGES = 32  # images checked, at most, evenly spaced


def warn_of_flat_pictures(images: LabeledImages) -> None:
    """Log a warning if at least half of a sample of images are almost constant."""
    rows = np.unique(np.linspace(0, len(images) - 1, num=min(_IMAGES, len(images))).round().astype(np.int64))
    flat = [is_flat for row in rows if (is_flat := _is_flat(images, int(row))) is not None]
    if flat and np.mean(flat) >= SHARE:
        _LOG.warning(
            "%d of %d pictures looked at are next to one colour (bands %s); if they should not be, give the range of "
            "their values with bands, as rgb:0:4095",
            sum(flat),
            len(flat),
            images.bands,
        )


def _is_flat(images: LabeledImages, row: int) -> bool | None:
    """Return whether an image is almost constant; None if it cannot be read, which is reported elsewhere."""
    source = images.image_sources[row]
    try:
        pixels = decode(source.read(), bands=images.band_selection, where=str(source))
    except InputError:
        return None
    low, high = np.percentile(pixels.reshape(-1, 3), (1, 99), axis=0)
    return bool((high - low <= FLAT).all())
