"""Painters of water, and of the mines along it."""

import numpy as np

from tailprobe.demo.canvas import (
    BROWN_WATER,
    DARK_WATER,
    ROCK,
    SAND,
    SOIL,
    TAILINGS,
    TURQUOISE,
    Canvas,
    jittered,
    near,
)
from tailprobe.demo.fields import fractal_noise, step
from tailprobe.demo.painters.registry import paints
from tailprobe.demo.shapes import blob, crossing_path, fill, fray, soften, stroke


@paints("water", layer=30)
def water(canvas: Canvas, rng: np.random.Generator, strength: float) -> None:
    """A river with meanders, dark or brown, between banks of sand; now and then a lake."""
    spectrum = jittered((DARK_WATER, BROWN_WATER)[int(rng.random() < 0.5)], rng)
    if rng.random() < 0.25:
        center = rng.uniform(30, 226, size=2)
        mask = soften(fill([blob(rng, center=center, radius=20 + 60 * strength, jag=0.35)]), pixels=4)
        canvas.cover(mask * np.float32(0.6 + 0.4 * strength), spectrum)
        return
    path = crossing_path(rng, bend=rng.uniform(0.3, 0.9), turn=rng.uniform(0.2, 0.8))
    canvas.rivers.append(path)
    width = 3 + 34 * strength * rng.beta(1.2, 2.2)
    banks = fractal_noise(rng, cells=12, octaves=3, roughness=0.7)
    sand = stroke([path + rng.normal(0, 0.15 * width, size=2)], width=width + 3) * step(banks, at=0.6, width=0.8)
    canvas.cover(sand * np.float32(0.8 * strength), jittered(SAND, rng))
    stream = stroke([path], width=width)
    bed = stream if width < 7 else fray(stream, banks, by=0.5)
    canvas.cover(bed * np.float32(0.55 + 0.45 * strength), spectrum)


@paints("artisinal_mine", layer=34)
def artisinal_mine(canvas: Canvas, rng: np.random.Generator, strength: float) -> None:
    """Gold diggers' pits: yellowish white tailings in a chain along a river, with turquoise ponds."""
    middle = near(canvas.rivers, rng, margin=40)
    along = rng.uniform(0, 2 * np.pi)
    pits = int(rng.integers(3, 5 + round(9 * strength)))
    reach = 8 * np.arange(pits)[:, None] * np.array([[np.cos(along), np.sin(along)]])
    places = middle + reach - reach.mean(axis=0) + rng.normal(0, 7, size=(pits, 2))
    heaps = fill(blob(rng, center=p, radius=rng.uniform(4, 6 + 9 * strength), jag=0.8) for p in places)
    mottled = fractal_noise(rng, cells=40, octaves=2) * np.float32(0.09)
    canvas.cover(
        fray(heaps, mottled, by=8, pixels=4) * np.float32(0.35 + 0.6 * strength),
        jittered(TAILINGS, rng),
        texture=mottled,
    )
    wet = places[rng.random(pits) < 0.6] + rng.normal(0, 4, size=2)
    ponds = fill(blob(rng, center=p, radius=rng.uniform(2, 3 + 4 * strength), jag=0.4) for p in wet)
    canvas.cover(ponds * np.float32(0.5 + 0.5 * strength), jittered(TURQUOISE, rng))


@paints("conventional_mine", layer=36)
def conventional_mine(canvas: Canvas, rng: np.random.Generator, strength: float) -> None:
    """An open pit dug in terraces: rings of rock and soil, light and dark in turn, a pool at the bottom."""
    center = rng.uniform(70, 186, size=2)
    radius = 32 + 60 * strength
    outline = blob(rng, center=center, radius=radius, jag=0.25)
    rough = fractal_noise(rng, cells=20, octaves=3) * np.float32(0.06)
    rock, soil = jittered(ROCK, rng), jittered(SOIL, rng)
    terraces = int(rng.integers(4, 8))
    for terrace in range(terraces):
        ring = center + (outline - center) * (1 - terrace / (terraces + 1)) + rng.normal(0, 2, size=2)
        canvas.cover(
            fray(fill([ring]), rough, by=6, pixels=4) * np.float32(0.55 + 0.4 * strength),
            (rock, soil)[terrace % 2],
            texture=rough,
        )
        wall = stroke([np.vstack([ring, ring[:1]])], width=1.5)
        canvas.shade(wall * np.float32(0.4 + 0.6 * strength), (-550, -600, -650, -900))
    if rng.random() < 0.6:
        pool = fill([blob(rng, center=center, radius=0.15 * radius, jag=0.3)])
        canvas.cover(step(soften(pool, pixels=2), at=0.4, width=0.4), jittered(TURQUOISE, rng))
