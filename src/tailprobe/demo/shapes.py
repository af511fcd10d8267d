"""Shapes of drawn elements: lines, polygons, spots, as soft masks in [0, 1]."""

from collections.abc import Iterable

import numpy as np
from jaxtyping import Float, Float32
from PIL import Image, ImageDraw

from tailprobe.demo.fields import SIZE, step

_FINE = 2  # outlines are drawn this many times finer, then averaged, for soft edges

Point = Float[np.ndarray, "2"]  # (column, row) in pixels
Points = Float[np.ndarray, "_ 2"]  # any number of them: those of a tile differ


def winding_path(
    rng: np.random.Generator, *, start: Point, heading: float, length: float, bend: float, turn: float = 0.0
) -> Points:
    """Return the points, 4 pixels apart, of a path whose heading wanders.

    Args:
        start: (column, row).
        heading: radians, from the columns' axis.
        length: pixels.
        bend: deviation of the heading, radians; 0 gives a straight line.
        turn: share of the bend that comes back as regular meanders of about 90 pixels.
    """
    steps = np.arange(max(2, int(length / 4)))
    knots = rng.standard_normal(len(steps) // 6 + 3)
    wander = np.interp(steps / 6, np.arange(len(knots)), knots)
    meander = np.sin(2 * np.pi * steps / rng.uniform(16, 30) + rng.uniform(0, 2 * np.pi))
    angle = heading + bend * ((1 - turn) * wander + 1.4 * turn * meander)
    moves = 4 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return np.asarray(start + np.cumsum(moves, axis=0))


def crossing_path(rng: np.random.Generator, *, bend: float, turn: float = 0.0) -> Points:
    """Return a path that passes near the tile's middle from one side beyond the other."""
    heading = rng.uniform(0, 2 * np.pi)
    middle = rng.uniform(0.25 * SIZE, 0.75 * SIZE, size=2)
    start = middle - 230 * np.array([np.cos(heading), np.sin(heading)])
    return winding_path(rng, start=start, heading=heading, length=470, bend=bend, turn=turn)


def plot(rng: np.random.Generator, *, center: Point, radius: float, corners: int) -> Points:
    """Return a closed outline with a few corners, like a felled plot or a field."""
    angle = (np.arange(corners) + rng.uniform(-0.3, 0.3, corners)) * 2 * np.pi / corners + rng.uniform(0, np.pi)
    return _around(center, angle, radius * rng.uniform(0.75, 1.25, corners), stretch=rng.uniform(-0.35, 0.35))


def blob(rng: np.random.Generator, *, center: Point, radius: float, jag: float, points: int = 36) -> Points:
    """Return a closed, rounded outline: a circle with four waves whose amplitudes add up to `jag` of its radius."""
    angle = np.arange(points) * 2 * np.pi / points
    waves = np.arange(2, 6)
    swing = jag * rng.standard_normal(4) / waves
    reach = radius * np.exp(swing @ np.cos(waves[:, None] * angle + rng.uniform(0, 2 * np.pi, 4)[:, None]))
    return _around(center, angle + rng.uniform(0, np.pi), reach, stretch=rng.uniform(-0.3, 0.3))


def _around(center: Point, angle: np.ndarray, reach: np.ndarray, *, stretch: float) -> Points:
    across, down = reach * np.exp(stretch) * np.cos(angle), reach * np.exp(-stretch) * np.sin(angle)
    return np.stack([center[0] + across, center[1] + down], axis=1)


def rectangle(center: Point, *, width: float, height: float, angle: float) -> Points:
    """Return the corners of a rectangle rotated by `angle` (radians)."""
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * [width / 2, height / 2]
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return np.asarray(corners @ turn + center)


def fill(outlines: Iterable[Points]) -> Float32[np.ndarray, "S S"]:
    """Return the share of each pixel that the outlines cover."""
    image = Image.new("L", (SIZE * _FINE, SIZE * _FINE))
    pen = ImageDraw.Draw(image)
    for points in outlines:
        pen.polygon((points * _FINE).ravel().tolist(), fill=255)
    return _coarse(image)


def stroke(paths: Iterable[Points], *, width: float) -> Float32[np.ndarray, "S S"]:
    """Return the share of each pixel that lines of `width` pixels along the paths cover."""
    image = Image.new("L", (SIZE * _FINE, SIZE * _FINE))
    pen = ImageDraw.Draw(image)
    for points in paths:
        pen.line((points * _FINE).ravel().tolist(), fill=255, width=max(1, round(width * _FINE)), joint="curve")
    return _coarse(image)


def soften(mask: Float32[np.ndarray, "S S"], *, pixels: int) -> Float32[np.ndarray, "S S"]:
    """Blur a mask over about `pixels` pixels."""
    small = Image.fromarray(mask).reduce(pixels)
    return np.asarray(small.resize((SIZE, SIZE), Image.Resampling.BICUBIC), dtype=np.float32).clip(0, 1)


def fray(
    mask: Float32[np.ndarray, "S S"], noise: Float32[np.ndarray, "S S"], *, by: float, pixels: int = 8
) -> Float32[np.ndarray, "S S"]:
    """Displace an outline by unit-variance noise: with `by` 1 by about `pixels`."""
    blurred = soften(mask, pixels=pixels)
    touched = np.clip(4 * blurred, 0, 1)  # no islands far from the outline
    return step(blurred + np.float32(0.25 * by) * noise * touched, at=0.5, width=0.3)


def _coarse(image: Image.Image) -> Float32[np.ndarray, "S S"]:
    return np.asarray(image.reduce(_FINE), dtype=np.float32) / np.float32(255)
