"""Painters of the weather: each tile has exactly one of the four."""

import numpy as np

from tailprobe.demo.canvas import CLOUD, HAZE, Canvas, jittered
from tailprobe.demo.fields import SIZE, fractal_noise, smooth_noise, step
from tailprobe.demo.painters.registry import paints

_SHADOW = 40  # pixels: the farthest that a cloud's shadow falls


@paints("clear", layer=90)
def clear(canvas: Canvas, rng: np.random.Generator, strength: float) -> None:
    """Clear air, with slight haze on some tiles."""
    if strength < 0.35:
        canvas.cover(np.full((SIZE, SIZE), rng.uniform(0.05, 0.22), dtype=np.float32), HAZE)


@paints("haze", layer=90)
def haze(canvas: Canvas, rng: np.random.Generator, strength: float) -> None:
    """Haze that brightens the tile, blue most, and lowers its contrast."""
    thickness = 0.22 + 0.5 * strength + np.float32(0.07) * fractal_noise(rng, cells=2, octaves=3)
    canvas.cover(np.clip(thickness, 0.05, 0.9).astype(np.float32), jittered(HAZE, rng, by=0.03))


@paints("partly_cloudy", layer=90)
def partly_cloudy(canvas: Canvas, rng: np.random.Generator, strength: float) -> None:
    """Cumulus and their shadows."""
    size = SIZE + 2 * _SHADOW
    field = fractal_noise(rng, cells=int(rng.integers(4, 9)), octaves=5, roughness=0.55, size=size)
    edge = 1.75 - 1.3 * strength
    away = canvas.sun + np.pi
    across, down = (round(d * rng.uniform(10, _SHADOW)) for d in (np.cos(away), np.sin(away)))
    shadow = field[_SHADOW - down : _SHADOW - down + SIZE, _SHADOW - across : _SHADOW - across + SIZE]
    shaded = step(shadow, at=edge + 0.15, width=0.7)
    for b, dark in enumerate((0.12, 0.17, 0.24, 0.5)):
        canvas.bands[b] *= 1 - np.float32(dark) * shaded
    over = field[_SHADOW : _SHADOW + SIZE, _SHADOW : _SHADOW + SIZE]
    canvas.cover(step(over, at=edge + 0.2, width=0.9), jittered(CLOUD, rng), texture=np.float32(0.08) * (over - 1.5))


@paints("cloudy", layer=90)
def cloudy(canvas: Canvas, rng: np.random.Generator, strength: float) -> None:
    """Clouds over all or nearly all of the tile: grey and uneven, or white and uniform."""
    lumps = fractal_noise(rng, cells=int(rng.integers(2, 7)), octaves=5, roughness=0.6)
    bright = 0.62 + 0.45 * rng.random()
    blue, green, red, infrared = (value * bright for value in jittered(CLOUD, rng))
    closed = np.clip(0.75 + 0.35 * strength + np.float32(0.22) * lumps, 0.15, 1).astype(np.float32)
    light = np.float32(0.09) * lumps + np.float32(0.06) * smooth_noise(rng, cells=2)
    canvas.cover(closed, (blue, green, red, infrared), texture=light)
