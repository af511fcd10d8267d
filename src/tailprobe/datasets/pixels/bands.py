"""Which three bands of an image of many stand for red, green and blue, and what of their values is black and white."""

import math
from dataclasses import dataclass, replace

from tailprobe.errors import InputError

_FORM = "three bands by name or number, as B4,B3,B2, each with its own black and white if you like, as B4:0:3000"


@dataclass(frozen=True)
class Band:
    """One band of a file, and the values that become 0 and 255."""

    name: str  # as the file describes it, or its number from 1
    black: float = math.nan  # NaN where it is not known yet
    white: float = math.nan

    @property
    def has_range(self) -> bool:
        """Whether black and white are known."""
        return not math.isnan(self.black)

    def __str__(self) -> str:
        return f"{self.name}:{self.black:g}:{self.white:g}" if self.has_range else self.name


@dataclass(frozen=True)
class Bands:
    """The bands that stand for red, green and blue; `str` of it is read back by `parse_bands`."""

    red: Band
    green: Band
    blue: Band

    @property
    def listed(self) -> tuple[Band, Band, Band]:
        """The three."""
        return self.red, self.green, self.blue

    def __str__(self) -> str:
        return ",".join(map(str, self.listed))


def parse_bands(text: str) -> Bands:
    """Read bands as they are asked for.

    Raises:
        InputError: there are not three, or a range is no two numbers, the first below the second.

    >>> str(parse_bands("B4:0:3000, B3:0:3000, 2"))
    'B4:0:3000,B3:0:3000,2'
    """
    parts = text.split(",")
    if len(parts) != 3 or not all(part.strip() for part in parts):
        raise InputError(f"bands {text!r}: expected {_FORM}")
    red, green, blue = (_band(part.strip(), text) for part in parts)
    return Bands(red, green, blue)


def are_listed(text: str) -> bool:
    """Say whether bands are asked for one by one."""
    return "," in text


def with_ranges(bands: Bands, ranges: tuple[tuple[float, float], ...]) -> Bands:
    """Return bands with black and white where they had none."""
    red, green, blue = (
        band if band.has_range else replace(band, black=black, white=white)
        for band, (black, white) in zip(bands.listed, ranges, strict=True)
    )
    return Bands(red, green, blue)


def _band(part: str, text: str) -> Band:
    name, *ends = (piece.strip() for piece in part.split(":"))
    if not ends:
        return Band(name)
    try:
        black, white = map(float, ends)
    except ValueError:
        raise InputError(f"bands {text!r}: {part!r} is no band with its range; expected {_FORM}") from None
    if not (math.isfinite(black) and math.isfinite(white) and black < white and name):
        raise InputError(f"bands {text!r}: the range of {part!r} is empty; expected black below white")
    return Band(name, black, white)
