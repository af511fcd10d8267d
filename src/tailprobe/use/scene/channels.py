"""Which bands of a scene become the channels that a model was trained on, and how their values become 8 bits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Num, UInt8

from tailprobe.datasets.pixels.bands import Bands, BandSelection, Composite, Range, Stretched, parse_bands
from tailprobe.datasets.pixels.geotiff import scaled
from tailprobe.datasets.pixels.stretch import stretch
from tailprobe.datasets.pixels.tiff import channel_order
from tailprobe.errors import InputError

_NAMES = {"r": "red", "g": "green", "b": "blue", "n": "nir"}
_FORM = "a channel and a band of the file, e.g. red=3,green=2,blue=1 or red=B4:0:3000"


@dataclass(frozen=True)
class FileBands:
    """What a file says of its bands."""

    descriptions: tuple[str, ...]  # (n,) empty where a band has none
    is_8_bit: bool
    where: str  # the file, for messages

    def number(self, name: str) -> int | None:
        """Return the number, from 1, of the band with a description or number; None if there is none."""
        named = [i for i, text in enumerate(self.descriptions, start=1) if text.lower() == name.lower() and text]
        if len(named) == 1:
            return named[0]
        is_number = not named and name.isdecimal() and 1 <= int(name) <= len(self.descriptions)
        return int(name) if is_number else None

    def __str__(self) -> str:
        return ", ".join(text or str(i) for i, text in enumerate(self.descriptions, start=1))


@dataclass(frozen=True)
class Channels:
    """The bands of a scene that a model takes, in its order."""

    names: tuple[str, ...]  # (c,) the model's names
    numbers: tuple[int, ...]  # (c,) bands of the file, from 1
    ranges: tuple[Range, ...] | None  # (c,) values that become 0 and 255; None leaves 8-bit values as they are
    in_float32: bool  # whether training images were scaled in single precision, as those of a composite are

    def to_pixels(self, values: Num[np.ndarray, "h w c"], valid: Bool[np.ndarray, "h w"]) -> UInt8[np.ndarray, "h w c"]:
        """Return 8-bit values as training images had them; pixels without data are black."""
        if self.ranges is None:
            return np.where(valid[..., None], values, 0).astype(np.uint8)
        if self.in_float32:
            return stretch(np.where(valid[..., None], values.astype(np.float32), np.float32(np.nan)), self.ranges)
        return scaled(values.astype(np.float64), valid, self.ranges)

    def __str__(self) -> str:
        ranges = [""] * len(self.names) if self.ranges is None else [f":{low:g}:{high:g}" for low, high in self.ranges]
        return ",".join(f"{n}={b}{r}" for n, b, r in zip(self.names, self.numbers, ranges, strict=True))


def channels_of(file: FileBands, bands: str, given: str | None) -> Channels:
    """Return the bands of a file for a model.

    Bands are found by the names in the file. A composite (`rgb`, `nrg`, `rgbn`) whose channels the file does not name
    is taken from 1, 3 or 4 bands in the order in which `tailprobe.read` takes them.

    Args:
        file: what the file has.
        bands: those of the model, as `parse_bands` reads them.
        given: `red=3,green=2,blue=1`: bands by the model's channels, each with an optional range; None for the names in
            the file.

    Raises:
        InputError: a band is missing, a channel is unknown, or values of more than 8 bits have no range.
    """
    selection = parse_bands(bands)
    names = _names(selection)
    chosen = _parse(given, names) if given else {}
    numbers = _numbers(file, selection, names, {name: band for name, (band, _) in chosen.items()})
    ranges = _ranges(file, selection, [chosen[name][1] if name in chosen else None for name in names])
    return Channels(names, numbers, ranges, in_float32=not isinstance(selection, Bands))


def _names(selection: BandSelection) -> tuple[str, ...]:
    if isinstance(selection, Bands):
        return tuple(band.name for band in selection.listed)
    composite = selection.composite if isinstance(selection, Stretched) else selection
    return tuple(_NAMES[letter] for letter in str(composite))


def _parse(text: str, names: Sequence[str]) -> dict[str, tuple[str, Range | None]]:
    found: dict[str, tuple[str, Range | None]] = {}
    for part in text.split(","):
        channel, _, rest = (piece.strip() for piece in part.partition("="))
        band, *ends = rest.split(":")
        if channel not in names or channel in found:
            problem = "is given twice" if channel in found else f"is no channel of the model ({', '.join(names)})"
            raise InputError(f"--bands {text!r}: {channel!r} {problem}; expected {_FORM}")
        if not band or len(ends) not in (0, 2):
            raise InputError(f"--bands {text!r}: {part!r} is not {_FORM}")
        found[channel] = band, _range(ends, part, text) if ends else None
    return found


def _range(ends: list[str], part: str, text: str) -> Range:
    try:
        low, high = map(float, ends)
    except ValueError:
        low = high = 0.0
    if not (np.isfinite([low, high]).all() and low < high):
        raise InputError(f"--bands {text!r}: the range of {part!r} is not two numbers, low below high")
    return low, high


def _numbers(
    file: FileBands, selection: BandSelection, names: tuple[str, ...], given: Mapping[str, str]
) -> tuple[int, ...]:
    found = [file.number(given.get(name, name)) for name in names]
    missing = [given.get(name, name) for name, number in zip(names, found, strict=True) if number is None]
    if not missing:
        return tuple(number for number in found if number is not None)
    usual = None if given or isinstance(selection, Bands) else _usual(file, selection)
    if usual is None:
        raise InputError(
            f"{file.where}: has no band {missing[0]!r}, and the model takes {', '.join(names)}; the bands are {file}. "
            f"Name them with --bands, {_FORM}"
        )
    return usual


def _usual(file: FileBands, selection: Composite | Stretched) -> tuple[int, ...] | None:
    composite = selection.composite if isinstance(selection, Stretched) else selection
    count = len(file.descriptions)
    if count == 4:
        return tuple(place + 1 for place in channel_order(composite, is_8_bit=file.is_8_bit))
    if composite is not Composite.RGB or count not in (1, 3):
        return None
    return (1, 2, 3) if count == 3 else (1, 1, 1)


def _ranges(file: FileBands, selection: BandSelection, given: list[Range | None]) -> tuple[Range, ...] | None:
    if isinstance(selection, Bands):
        known: list[Range | None] = [(band.low, band.high) if band.has_range else None for band in selection.listed]
    else:
        stretched = isinstance(selection, Stretched) and not file.is_8_bit  # images of 8 bits are left as they are
        known = list(selection.ranges) if stretched else [None] * len(given)  # type: ignore[union-attr]
    whole = [one or other for one, other in zip(given, known, strict=True)]
    if file.is_8_bit:
        return None if not any(whole) else tuple(one or (0.0, 255.0) for one in whole)
    if not all(whole):
        raise InputError(
            f"{file.where}: has more than 8 bits, and the model was trained on images of 8 bits; give the values that "
            "become 0 and 255 with --bands, e.g. red=3:0:3000"
        )
    return tuple(one for one in whole if one is not None)
