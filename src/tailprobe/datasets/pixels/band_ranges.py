"""Value ranges of images that have none yet, as percentiles of the training part."""

from dataclasses import replace

import numpy as np
from jaxtyping import Float, Int

from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.pixels.bands import Bands, Composite, Range, Stretched
from tailprobe.datasets.pixels.decode import read_samples
from tailprobe.datasets.pixels.deep import START, may_be_deep
from tailprobe.datasets.pixels.geotiff import read_bands
from tailprobe.datasets.storage.image_source import ImageSource
from tailprobe.errors import InputError

PERCENTILES = (0.5, 99.5)  # wide enough that what is bright only in a rare class is not clipped
_IMAGES = 200  # at most, evenly spaced over the rows
_PIXELS = 10_000  # of each, at most, evenly spaced


def fit_ranges(images: LabeledImages, rows: Int[np.ndarray, " T"], *, of: str = "training images") -> LabeledImages:
    """Return the images with a range for each band that needs one and has none.

    These are bands that were asked for by name, and images of more than 8 bits. The range of a band is the 0.5th to
    99.5th percentile of its values over at most 200 of the rows and 10,000 pixels of each; it is kept in `bands` and in
    a note. 8-bit images, and bands that have a range, are left as they are.

    Args:
        images: the images.
        rows: the training part, so that the scale does not depend on the test part.
        of: a description of the rows, for the note.

    Raises:
        InputError: as `read_bands`, or the images hold no data at all.
    """
    bands = images.bands
    if not (isinstance(bands, Composite) or (isinstance(bands, Bands) and not all(b.has_range for b in bands.listed))):
        return images
    some = rows[np.unique(np.linspace(0, len(rows) - 1, num=min(_IMAGES, len(rows))).round().astype(np.int64))]
    sources = [images.image_sources[i] for i in some]
    sampled = [_deep_pixels(s, bands) if isinstance(bands, Composite) else _pixels_of_bands(s, bands) for s in sources]
    samples = [pixels for pixels in sampled if pixels is not None]
    if not samples:  # all of 8 bits
        return images
    values = np.concatenate(samples)
    if not len(values):
        raise InputError(f"{images.source}: the images of the training part hold no data in bands {images.bands}")
    ranges = tuple(_range(*np.percentile(channel, PERCENTILES)) for channel in values.T)
    fitted = Stretched(bands, ranges) if isinstance(bands, Composite) else bands.with_ranges(ranges)
    return replace(images, bands=fitted, notes=(*images.notes, _note(fitted, len(samples), of)))


def _note(fitted: Stretched | Bands, count: int, of: str) -> str:
    low, high = PERCENTILES
    note = f"bands as {fitted}: low and high are percentiles {low:g} and {high:g} of {count} {of}"
    return note if isinstance(fitted, Bands) else f"{note} with more than 8 bits"


def _range(low: float, high: float) -> Range:
    """Return a range that text of six digits holds, and that is not empty."""
    low, high = float(f"{low:.6g}"), float(f"{high:.6g}")
    return (low, high) if high > low else (low, low + max(1.0, abs(low)))


def _deep_pixels(source: ImageSource, bands: Composite) -> Float[np.ndarray, "P c"] | None:
    """Return pixels of an image of more than 8 bits; None for one of 8, or one that cannot be read."""
    try:
        with source.header() as stream:
            if not may_be_deep(stream.read(START)):
                return None
        samples = read_samples(source.read(), bands=bands, where=str(source))
    except (InputError, OSError):  # reported, or left out, where all images are looked at
        return None
    if samples.dtype == np.uint8:
        return None
    pixels = samples.reshape(-1, samples.shape[2]).astype(np.float64)
    return _thinned(pixels[np.isfinite(pixels).all(axis=1)])


def _pixels_of_bands(source: ImageSource, bands: Bands) -> Float[np.ndarray, "P 3"] | None:
    """Return the pixels of an image that hold data; None for an 8-bit image."""
    values, valid, is_8_bit = read_bands(source.read(), bands, where=str(source))
    return None if is_8_bit else _thinned(values[valid])


def _thinned(pixels: Float[np.ndarray, "P c"]) -> Float[np.ndarray, "Q c"]:
    return pixels[:: max(1, -(-len(pixels) // _PIXELS))]
