"""Black and white of bands that have none yet, as percentiles of the training part."""

from dataclasses import replace

import numpy as np
from jaxtyping import Float, Int

from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.pixels.bands import Bands, are_listed, parse_bands, with_ranges
from tailprobe.datasets.pixels.geotiff import read_bands
from tailprobe.errors import InputError

PERCENTILES = (2, 98)
_IMAGES = 200  # at most, evenly spaced over the rows
_PIXELS = 10_000  # of each, at most, evenly spaced


def fit_ranges(images: LabeledImages, rows: Int[np.ndarray, " T"], *, of: str = "training images") -> LabeledImages:
    """Return the images with a range for each band that was asked for by name and has none.

    Black and white are the 2nd and 98th percentile of the band's values, per band, over at most 200 of the rows and
    10,000 pixels of each; they stand in `bands` and in a note. Images of 8 bits, and bands with ranges, stay as they
    are.

    Args:
        images: the images.
        rows: those to look at: the training part, so that nothing of the test part is in the scale.
        of: what they are, for the note.

    Raises:
        InputError: as `read_bands`, or the images hold no data at all.
    """
    if not are_listed(images.bands):
        return images
    bands = parse_bands(images.bands)
    if all(band.has_range for band in bands.listed):
        return images
    some = np.unique(np.linspace(0, len(rows) - 1, num=min(_IMAGES, len(rows))).round().astype(np.int64))
    samples = [found for i in rows[some] if (found := _values(images, int(i), bands)) is not None]
    if not samples:  # all of 8 bits
        return images
    values = np.concatenate(samples)
    if not len(values):
        raise InputError(f"{images.source}: the images of the training part hold no data in bands {images.bands}")
    low, high = np.percentile(values, PERCENTILES, axis=0)
    fitted = with_ranges(
        bands, tuple((float(f"{b:g}"), float(f"{max(w, b + 1):g}")) for b, w in zip(low, high, strict=True))
    )
    note = f"bands as {fitted}: black and white are percentiles 2 and 98 of {len(some)} {of}"
    return replace(images, bands=str(fitted), notes=(*images.notes, note))


def _values(images: LabeledImages, row: int, bands: Bands) -> Float[np.ndarray, "P 3"] | None:
    """Return the pixels of an image that hold data, None of one of 8 bits."""
    place = images.locations[row]
    values, valid, eight = read_bands(place.read(), bands, where=str(place))
    if eight:
        return None
    found = values[valid]
    return found[:: max(1, -(-len(found) // _PIXELS))]
