"""Painters of ground that covers a whole tile."""

import numpy as np

from tailprobe.demo.canvas import CANOPY, CROP, DARK_WATER, SAVANNA, SOIL, Canvas, jittered
from tailprobe.demo.fields import fractal_noise, slope, smooth_noise, step
from tailprobe.demo.painters.registry import paints


@paints("primary", layer=0)
def canopy(canvas: Canvas, rng: np.random.Generator, strength: float) -> None:
    """Rain forest: crowns a few pixels wide, lit from the sun's side, over gentle hills."""
    canvas.bands[:] = np.array(jittered(CANOPY, rng, by=0.035), dtype=np.float32)[:, None, None]
    crowns = fractal_noise(rng, cells=int(rng.integers(48, 68)), octaves=2, roughness=0.9)
    canvas.shade(slope(crowns, canvas.sun) * np.float32(rng.uniform(0.8, 1.4)), (100, 135, 145, 700))
    canvas.shade(np.minimum(crowns, np.float32(0.6)), (28, 38, 36, 240))  # gaps between crowns are dark
    hills = fractal_noise(rng, cells=2, octaves=3, roughness=0.4)
    canvas.shade(slope(hills, canvas.sun) * np.float32(rng.gamma(2.0, 6.0)), (40, 70, 65, 560))
    canvas.shade(fractal_noise(rng, cells=6, octaves=2), (22, 45, 40, 230))


def open_land(canvas: Canvas, rng: np.random.Generator) -> None:
    """Land without forest: grass and bushes in patches, some of it worn to the soil."""
    canvas.bands[:] = np.array(jittered(SAVANNA, rng, by=0.05), dtype=np.float32)[:, None, None]
    patches = fractal_noise(rng, cells=4, octaves=5, roughness=0.65)
    canvas.cover(step(patches, at=rng.uniform(0.5, 1.2), width=0.8) * np.float32(0.7), jittered(CANOPY, rng))
    canvas.cover(step(-patches, at=rng.uniform(0.6, 1.4), width=0.9) * np.float32(0.6), jittered(SOIL, rng))
    canvas.shade(smooth_noise(rng, cells=110), (60, 70, 75, 240))


def open_water(canvas: Canvas, rng: np.random.Generator) -> None:
    """A wide river or lake from side to side, faintly streaked, with a shore now and then."""
    canvas.bands[:] = np.array(jittered(DARK_WATER, rng, by=0.05), dtype=np.float32)[:, None, None]
    canvas.shade(fractal_noise(rng, cells=3, octaves=3), (50, 60, 60, 50))
    shore = smooth_noise(rng, cells=2) + np.float32(0.2) * fractal_noise(rng, cells=12, octaves=3)
    canvas.cover(step(shore, at=rng.uniform(1.0, 2.2), width=0.15), jittered(CROP, rng))
