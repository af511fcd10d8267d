"""Value ranges of bands that have none yet, as percentiles of the training part."""

from dataclasses import replace

import numpy as np
from jaxtyping import Float, Int

from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.pixels.bands import Bands
from tailprobe.datasets.pixels.geotiff import read_bands
from tailprobe.errors import InputError

PERCENTILES = (2, 98)
_IMAGES = 200  # at most, evenly spaced over the rows
_PIXELS = 10_000  # of each, at most, evenly spaced


def fit_ranges(images: LabeledImages, rows: Int[np.ndarray, " T"], *, of: str = "training images") -> LabeledImages:
    """Return the images with a range for each band that was asked for by name and has none.

    The range of a band is the 2nd to 98th percentile of its values over at most 200 of the rows and 10,000 pixels of
    each; it is kept in `bands` and in a note. 8-bit images, and bands that have a range, are left as they are.

    Args:
        images: the images.
        rows: the training part, so that the scale does not depend on the test part.
        of: a description of the rows, for the note.

    Raises:
        InputError: as `read_bands`, or the images hold no data at all.
    """
    bands = images.bands
    if not isinstance(bands, Bands) or all(band.has_range for band in bands.listed):
        return images
    some = np.unique(np.linspace(0, len(rows) - 1, num=min(_IMAGES, len(rows))).round().astype(np.int64))
    samples = [values for i in rows[some] if (values := _values(images, int(i), bands)) is not None]
    if not samples:  # all of 8 bits
        return images
    values = np.concatenate(samples)
    if not len(values):
        raise InputError(f"{images.source}: the images of the training part hold no data in bands {images.bands}")
    low, high = np.percentile(values, PERCENTILES, axis=0)
    fitted = bands.with_ranges(
        tuple((float(f"{a:g}"), float(f"{max(b, a + 1):g}")) for a, b in zip(low, high, strict=True))
    )
    note = f"bands as {fitted}: low and high are percentiles 2 and 98 of {len(some)} {of}"
    return replace(images, bands=fitted, notes=(*images.notes, note))


def _values(images: LabeledImages, row: int, bands: Bands) -> Float[np.ndarray, "P 3"] | None:
    """Return the pixels of an image that hold data; None for an 8-bit image."""
    image = images.image_sources[row]
    values, valid, is_8_bit = read_bands(image.read(), bands, where=str(image))
    if is_8_bit:
        return None
    data = values[valid]
    return data[:: max(1, -(-len(data) // _PIXELS))]
