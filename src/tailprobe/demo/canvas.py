"""A tile while it is drawn: four bands of digital numbers, and the paths that several elements follow."""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float32

from tailprobe.demo.fields import SIZE
from tailprobe.demo.shapes import Point, Points

Spectrum = tuple[float, float, float, float]  # digital numbers of blue, green, red, near-infrared

CANOPY: Spectrum = (4280, 3490, 2240, 6150)
SAVANNA: Spectrum = (4600, 4220, 3250, 6900)
PASTURE: Spectrum = (4560, 4380, 3150, 8300)
CROP: Spectrum = (4350, 4080, 2620, 9900)
STUBBLE: Spectrum = (4850, 4620, 3850, 6900)
SOIL: Spectrum = (5150, 4880, 4350, 6500)
SAND: Spectrum = (6050, 5750, 5150, 7600)
ROOF: Spectrum = (7600, 6900, 6000, 8400)
DARK_WATER: Spectrum = (4060, 3080, 1880, 2300)
BROWN_WATER: Spectrum = (4560, 4230, 3300, 2900)
TURQUOISE: Spectrum = (6000, 5900, 4050, 3500)
TAILINGS: Spectrum = (7000, 6900, 6500, 8300)
BURN: Spectrum = (3700, 2720, 1950, 2600)
ROCK: Spectrum = (5800, 5350, 4850, 6100)
TRUNKS: Spectrum = (5050, 4400, 3450, 5500)
FALLEN: Spectrum = (6400, 5500, 4500, 6300)
BLOSSOM: Spectrum = (6300, 5900, 4900, 8200)
CLOUD: Spectrum = (9300, 8200, 7000, 10800)
HAZE: Spectrum = (6000, 5150, 3480, 6050)


@dataclass
class Canvas:
    """A tile being drawn; painters change `bands` in place."""

    bands: Float32[np.ndarray, "4 S S"]  # digital numbers; blue, green, red, near-infrared
    sun: float  # radians: direction of the light, the same for all relief of a tile
    rivers: list[Points] = field(default_factory=list)
    roads: list[Points] = field(default_factory=list)

    def cover(
        self,
        mask: Float32[np.ndarray, "S S"],
        spectrum: Spectrum,
        *,
        texture: Float32[np.ndarray, "S S"] | None = None,
    ) -> None:
        """Blend `spectrum` over the tile where `mask` is above 0, brightened by the fraction `texture`."""
        rows, columns = _bounds(mask)
        part = mask[rows, columns]
        gain = 1 if texture is None else 1 + texture[rows, columns]
        for band, value in zip(self.bands, spectrum, strict=True):
            ground = band[rows, columns]
            ground += part * (np.float32(value) * gain - ground)

    def shade(self, by: Float32[np.ndarray, "S S"], spectrum: Spectrum) -> None:
        """Add `spectrum` times `by`."""
        for b, value in enumerate(spectrum):
            self.bands[b] += np.float32(value) * by


def near(paths: list[Points], rng: np.random.Generator, *, margin: float = 30) -> Point:
    """Return a point (column, row) on one of `paths` well inside the tile, or anywhere inside if there is none."""
    if paths:
        points = np.concatenate(paths)
        inside = points[(np.abs(points - SIZE / 2) < SIZE / 2 - margin).all(axis=1)]
        if len(inside):
            return np.asarray(inside[rng.integers(len(inside))])
    return rng.uniform(margin, SIZE - margin, size=2)


def jittered(spectrum: Spectrum, rng: np.random.Generator, *, by: float = 0.05) -> Spectrum:
    """Return a spectrum a little brighter or darker, and a little different in each band."""
    common = rng.normal(0, by)
    blue, green, red, infrared = (value * (1 + common + rng.normal(0, by / 8)) for value in spectrum)
    return blue, green, red, infrared * (1 + rng.normal(0, by))


def _bounds(mask: Float32[np.ndarray, "S S"]) -> tuple[slice, slice]:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return slice(0), slice(0)
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
