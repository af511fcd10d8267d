"""Painters of farmland, bare ground, roads and settlements."""

import numpy as np

from tailprobe.demo.canvas import CROP, PASTURE, ROOF, SAND, SOIL, STUBBLE, Canvas, Spectrum, jittered, near
from tailprobe.demo.fields import SIZE, fractal_noise, smooth_noise
from tailprobe.demo.painters.registry import paints
from tailprobe.demo.shapes import (
    Point,
    Points,
    blob,
    crossing_path,
    fill,
    fray,
    plot,
    rectangle,
    stroke,
    winding_path,
)

_FARMED: tuple[Spectrum, ...] = (PASTURE, PASTURE, CROP, STUBBLE)


@paints("agriculture", layer=10)
def agriculture(canvas: Canvas, rng: np.random.Generator, strength: float) -> None:
    """Large fields with straight sides, or pastures cut into the forest, each of one crop."""
    angle = rng.uniform(0, np.pi)
    ragged = fractal_noise(rng, cells=10, octaves=4, roughness=0.7)
    texture = np.float32(0.02) * fractal_noise(rng, cells=24, octaves=3, roughness=0.8)
    for _ in range(int(rng.integers(1, 3 + round(3 * strength)))):
        center = rng.uniform(-10, SIZE + 10, size=2)
        size = rng.uniform(28, 60) + 80 * strength
        if rng.random() < 0.6:
            outline = rectangle(center, width=size * rng.uniform(0.8, 1.9), height=size, angle=angle)
            roughness = 0.15
        else:
            outline = blob(rng, center=center, radius=0.6 * size, jag=0.7)
            roughness = 1.2
        mask = fray(fill([outline]), ragged, by=roughness)
        canvas.cover(mask * np.float32(0.45 + 0.5 * strength), _crop(rng), texture=texture)


@paints("cultivation", layer=14)
def cultivation(canvas: Canvas, rng: np.random.Generator, strength: float) -> None:
    """A family's plots: small, irregular, of different crops, side by side."""
    middle = near(canvas.rivers + canvas.roads, rng, margin=40)
    ragged = fractal_noise(rng, cells=24, octaves=3, roughness=0.7)
    for _ in range(int(rng.integers(4, 7 + round(12 * strength)))):
        center = middle + rng.normal(0, 26 + 18 * strength, size=2)
        outline = plot(rng, center=center, radius=rng.uniform(6, 10 + 7 * strength), corners=5)
        mask = fray(fill([outline]), ragged, by=0.4, pixels=4)
        canvas.cover(mask * np.float32(rng.uniform(0.4, 0.6) + 0.4 * strength), _crop(rng))


@paints("bare_ground", layer=16)
def bare_ground(canvas: Canvas, rng: np.random.Generator, strength: float) -> None:
    """Brown, blotchy soil without straight sides."""
    blotches = fractal_noise(rng, cells=5, octaves=5, roughness=0.7)
    soil = jittered(SOIL, rng, by=0.06)
    for _ in range(int(rng.integers(1, 4))):
        center = rng.uniform(20, SIZE - 20, size=2)
        patch = fill([blob(rng, center=center, radius=12 + 42 * strength, jag=0.7)])
        canvas.cover(
            fray(patch, blotches, by=1.5, pixels=16) * np.float32(0.35 + 0.6 * strength),
            soil,
            texture=blotches * np.float32(0.05),
        )


@paints("road", layer=40)
def road(canvas: Canvas, rng: np.random.Generator, strength: float) -> None:
    """One or two thin pale lines from side to side, some with a branch."""
    paths = [crossing_path(rng, bend=rng.uniform(0.02, 0.35)) for _ in range(1 + int(rng.random() < 0.3 * strength))]
    if rng.random() < 0.5:
        heading = rng.uniform(0, 2 * np.pi)
        paths.append(winding_path(rng, start=near(paths, rng), heading=heading, length=200, bend=0.15))
    canvas.roads.extend(paths)
    mask = stroke(paths, width=1 + 2 * strength * rng.random())
    worn = np.clip(0.75 + 0.35 * smooth_noise(rng, cells=20), 0.1, 1)
    canvas.cover(mask * worn * np.float32(0.3 + 0.6 * strength), jittered((SOIL, SAND)[int(rng.random() < 0.4)], rng))


@paints("habitation", layer=44)
def habitation(canvas: Canvas, rng: np.random.Generator, strength: float) -> None:
    """Houses: bright little roofs in a cluster, on trodden ground, along a road if there is one."""
    middle = near(canvas.roads, rng, margin=45)
    spread = 8 + 30 * strength * rng.random()
    houses = int(rng.integers(8, 14 + round(90 * strength)))
    places = middle + rng.normal(0, 1, size=(houses, 2)) * spread * rng.uniform(0.5, 1.2, size=2)
    angle = rng.uniform(0, np.pi)
    ragged = fractal_noise(rng, cells=24, octaves=3, roughness=0.7)
    ground = fray(fill(rectangle(p, width=15, height=15, angle=angle) for p in places), ragged, by=0.8)
    canvas.cover(ground * np.float32(0.25 + 0.4 * strength), jittered((STUBBLE, PASTURE)[int(rng.random() < 0.5)], rng))
    for light in (1.0, 0.88, 0.76):  # sheet metal, tiles, thatch
        roofs = fill(_roof(p, angle, rng) for p in places[rng.random(houses) < 0.5])
        blue, green, red, infrared = (value * light for value in ROOF)
        canvas.cover(roofs * np.float32(0.35 + 0.6 * strength), (blue, green, red, infrared))


def _roof(place: Point, angle: float, rng: np.random.Generator) -> Points:
    return rectangle(place, width=rng.uniform(2.0, 4.5), height=rng.uniform(1.5, 3.0), angle=angle)


def _crop(rng: np.random.Generator) -> Spectrum:
    return jittered(_FARMED[rng.integers(len(_FARMED))], rng, by=0.05)
