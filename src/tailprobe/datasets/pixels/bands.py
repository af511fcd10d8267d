"""Which bands of an image become red, green and blue."""

import math
from dataclasses import dataclass, replace
from enum import Enum

from tailprobe.errors import InputError
from tailprobe.registry import did_you_mean

Range = tuple[float, float]  # the values that become 0 and 255
_FORM = "three bands by name or number, as B4,B3,B2, each with an optional value range, as B4:0:3000"


class Composite(Enum):
    """A standard composite, which needs no list of bands."""

    RGB = "rgb"  # red, green, blue
    NRG = "nrg"  # near-infrared, red, green of a four-band image
    RGBN = "rgbn"  # all bands of a four-band image; each encoder takes those it needs, pictures show the first three

    def __str__(self) -> str:
        return self.value

    @property
    def channels(self) -> int:
        """Number of channels."""
        return len(self.value)


@dataclass(frozen=True)
class Stretched:
    """A composite of images of more than 8 bits, with the values that become 0 and 255 in each of its channels.

    Images of 8 bits are left as they are.
    """

    composite: Composite
    ranges: tuple[Range, ...]

    def __str__(self) -> str:
        return f"{self.composite}:" + ",".join(f"{low:g}:{high:g}" for low, high in self.ranges)


@dataclass(frozen=True)
class Band:
    """One band of a file, and the values that become 0 and 255."""

    name: str  # as the file describes it, or its number from 1
    low: float = math.nan  # NaN where the range is not known yet
    high: float = math.nan

    @property
    def has_range(self) -> bool:
        """Whether low and high are known."""
        return not math.isnan(self.low)

    def __str__(self) -> str:
        return f"{self.name}:{self.low:g}:{self.high:g}" if self.has_range else self.name


@dataclass(frozen=True)
class Bands:
    """The bands of a GeoTIFF that become red, green and blue; `parse_bands` reads the result of `str` back."""

    red: Band
    green: Band
    blue: Band

    @property
    def listed(self) -> tuple[Band, Band, Band]:
        """Red, green and blue."""
        return self.red, self.green, self.blue

    def with_ranges(self, ranges: tuple[tuple[float, float], ...]) -> "Bands":
        """Return the bands with (low, high) filled in where a band has none."""
        red, green, blue = (
            band if band.has_range else replace(band, low=low, high=high)
            for band, (low, high) in zip(self.listed, ranges, strict=True)
        )
        return Bands(red, green, blue)

    def __str__(self) -> str:
        return ",".join(map(str, self.listed))


@dataclass(frozen=True)
class NoPixels:
    """Placeholder for the bands if there are embeddings but no images."""

    def __str__(self) -> str:
        return "none"


BandSelection = Composite | Stretched | Bands


def parse_bands(text: str) -> BandSelection:
    """Parse bands: `rgb`, `nrg` or `rgbn`, with no range, one or one per channel, or three bands of a GeoTIFF.

    Raises:
        InputError: there are not three bands, a range is not two finite numbers with low below high, or the composite
            is unknown.

    >>> parse_bands("rgb")
    <Composite.RGB: 'rgb'>
    >>> str(parse_bands("B4:0:3000, B3:0:3000, 2"))
    'B4:0:3000,B3:0:3000,2'
    >>> str(parse_bands("rgb:0:4095"))
    'rgb:0:4095,0:4095,0:4095'
    """
    name, _, ranges = text.partition(":")
    if ranges and name.strip() in [str(composite) for composite in Composite]:
        return _parse_stretched(Composite(name.strip()), ranges, text)
    if "," not in text:
        return _parse_composite(text)
    parts = text.split(",")
    if len(parts) != 3 or not all(part.strip() for part in parts):
        raise InputError(f"bands {text!r}: expected {_FORM}")
    red, green, blue = (_parse_band(part.strip(), text) for part in parts)
    return Bands(red, green, blue)


def _parse_stretched(composite: Composite, ranges: str, text: str) -> Stretched:
    parts = ranges.split(",")
    number = composite.channels
    if len(parts) not in (1, number):
        how_many = {3: "three", 4: "four"}[number]
        raise InputError(f"bands {text!r}: expected one range or {how_many}, as {composite}:0:4095")
    ranges_of = (_parse_range(part.split(":"), part, text) for part in (parts * number)[:number])
    return Stretched(composite, tuple(ranges_of))


def _parse_composite(text: str) -> Composite:
    known = [str(composite) for composite in Composite]
    if text not in known:
        near = did_you_mean(text, known) or "."
        raise InputError(f"bands {text!r} is not known{near} Expected one of {', '.join(map(repr, known))}, or {_FORM}")
    return Composite(text)


def _parse_band(part: str, text: str) -> Band:
    name, *ends = (piece.strip() for piece in part.split(":"))
    if not ends:
        return Band(name)
    if not name:
        raise InputError(f"bands {text!r}: {part!r} names no band; expected {_FORM}")
    return Band(name, *_parse_range(ends, part, text))


def _parse_range(ends: list[str], part: str, text: str) -> Range:
    try:
        low, high = map(float, ends)
    except ValueError:
        raise InputError(f"bands {text!r}: {part!r} is not a band with its range; expected {_FORM}") from None
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise InputError(f"bands {text!r}: the range of {part!r} is empty; expected low below high")
    return low, high
