"""Scale samples of more than 8 bits to 8, by ranges that are the same for a whole image set."""

import numpy as np
from jaxtyping import Num, UInt8

from tailprobe.datasets.pixels.bands import Composite, Range, Stretched
from tailprobe.errors import InputError

Samples = Num[np.ndarray, "h w c"]  # channels as a file holds them; a pixel without data is NaN


def stretch(samples: Samples, ranges: tuple[Range, ...]) -> UInt8[np.ndarray, "h w c"]:
    """Scale each channel linearly so that its range becomes 0..255; clipped, rounded, black where there is no data.

    >>> stretch(np.full((1, 1, 3), 3000.0), ((0, 4095), (2000, 4000), (3500, 4000))).tolist()
    [[[187, 128, 0]]]
    """
    low, high = np.array(ranges, dtype=np.float32).T
    scaled = (samples.astype(np.float32) - low) * (255 / (high - low))
    return np.rint(np.nan_to_num(scaled, nan=0.0).clip(0, 255)).astype(np.uint8)


def to_8_bits(
    samples: Samples | UInt8[np.ndarray, "h w c"], bands: Composite | Stretched, *, where: str
) -> UInt8[np.ndarray, "h w c"]:
    """Return 8-bit samples as they are, and others by the ranges of `bands`.

    Raises:
        InputError: the samples have more than 8 bits and `bands` has no ranges.
    """
    if samples.dtype == np.uint8:
        return samples
    if isinstance(bands, Stretched):
        return stretch(samples, bands.ranges)
    raise InputError(
        f"{where}: holds {samples.dtype} values, and which of them are black and white is not known; give the range "
        f"with bands, as {bands}:0:4095, or let it be fitted to the images"
    )
