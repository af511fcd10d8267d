"""Painters of changes to a forest: felling, fire, storm damage, and bloom."""

import numpy as np

from tailprobe.demo.canvas import BLOSSOM, BURN, FALLEN, SOIL, STUBBLE, TRUNKS, Canvas, jittered, near
from tailprobe.demo.fields import SIZE, fractal_noise, step
from tailprobe.demo.painters.registry import paints
from tailprobe.demo.shapes import Point, Points, blob, fill, fray, plot, stroke, winding_path


@paints("slash_burn", layer=18)
def slash_burn(canvas: Canvas, rng: np.random.Generator, strength: float) -> None:
    """A plot felled and burnt: a dark scar with unburnt islands, brown cleared land next to it."""
    for _ in range(1 + int(rng.random() < 0.8 * strength)):
        center = rng.uniform(50, SIZE - 50, size=2)
        radius = 26 + 40 * strength
        beside = center + rng.normal(0, 0.9 * radius, size=2)
        islands = fractal_noise(rng, cells=14, octaves=3, roughness=0.7)
        opaque = np.float32(0.6 + 0.4 * strength)
        cleared = fray(fill([plot(rng, center=beside, radius=radius, corners=6)]), islands, by=0.5)
        canvas.cover(cleared * opaque, jittered(STUBBLE, rng), texture=np.float32(0.03) * islands)
        scar = fray(fill([plot(rng, center=center, radius=radius, corners=7)]), islands, by=0.7)
        canvas.cover(scar * step(islands, at=-0.9, width=0.5) * opaque, jittered(BURN, rng))


@paints("blow_down", layer=20)
def blow_down(canvas: Canvas, rng: np.random.Generator, strength: float) -> None:
    """Trees blown down by a gust: a fan of pale trunks that point away from its origin."""
    heading, spread = rng.uniform(0, 2 * np.pi), rng.uniform(0.5, 0.85)
    reach = 90 + 100 * strength
    root = rng.uniform(80, SIZE - 80, size=2) - 0.6 * reach * np.array([np.cos(heading), np.sin(heading)])
    rim = heading + np.linspace(-spread, spread, 9)
    lobes = reach * np.exp(rng.normal(0, 0.15, size=9))
    fan = np.vstack([root, root + lobes[:, None] * np.stack([np.cos(rim), np.sin(rim)], axis=1)])
    noise = fractal_noise(rng, cells=12, octaves=4, roughness=0.7)
    ragged = fray(fill([fan]), noise, by=1.5, pixels=16) * step(noise, at=-0.4, width=1.5)
    canvas.cover(ragged * np.float32(0.4 + 0.4 * strength), jittered(TRUNKS, rng))
    trunks = [
        _trunk(rng, root, heading + rng.uniform(-spread, spread), reach) for _ in range(int(120 + 380 * strength))
    ]
    canvas.cover(stroke(trunks, width=1) * np.float32(0.5 + 0.5 * strength), jittered(FALLEN, rng))


def _trunk(rng: np.random.Generator, root: Point, angle: float, reach: float) -> Points:
    along = np.array([np.cos(angle), np.sin(angle)])
    foot = root + along * reach * np.sqrt(rng.uniform(0.03, 0.9))
    return np.stack([foot, foot + along * rng.uniform(4, 10)])


@paints("selective_logging", layer=22)
def selective_logging(canvas: Canvas, rng: np.random.Generator, strength: float) -> None:
    """A fine net of skid tracks between small gaps, where single trees were taken."""
    hub = near(canvas.roads, rng, margin=70)
    tracks: list[Points] = []
    for _ in range(int(rng.integers(8, 12 + round(22 * strength)))):
        start = hub if not tracks else near(tracks, rng)
        heading = rng.uniform(0, 2 * np.pi)
        tracks.append(winding_path(rng, start=start, heading=heading, length=rng.uniform(60, 150), bend=0.35))
    soil = jittered(SOIL, rng)
    canvas.cover(stroke(tracks, width=1) * np.float32(0.4 + 0.55 * strength), soil)
    gaps = [near(tracks, rng, margin=8) + rng.normal(0, 5, size=2) for _ in range(int(20 + 60 * strength))]
    mask = fill(blob(rng, center=p, radius=rng.uniform(1.5, 3.5), jag=0.5, points=10) for p in gaps)
    canvas.cover(mask * np.float32(0.4 + 0.5 * strength), soil)


@paints("blooming", layer=24)
def blooming(canvas: Canvas, rng: np.random.Generator, strength: float) -> None:
    """Trees in flower: white or yellow crowns scattered over the canopy, in clusters."""
    trees = int(rng.integers(12, 25 + round(110 * strength)))
    groves = rng.uniform(0, SIZE, size=(4, 2))
    places = groves[rng.integers(4, size=trees)] + rng.normal(0, 45, size=(trees, 2))
    crowns = fill(blob(rng, center=p, radius=rng.uniform(1.0, 2.6), jag=0.3, points=8) for p in places)
    blue, green, red, infrared = jittered(BLOSSOM, rng)
    yellow = rng.uniform(0.75, 1.0)
    canvas.cover(crowns * np.float32(0.3 + 0.6 * strength), (blue * yellow, green, red, infrared))
