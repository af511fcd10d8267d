"""Smooth random fields, fast: a coarse grid of normal random numbers, upsampled by two small matrix products."""

from functools import lru_cache

import numpy as np
from jaxtyping import Float32

SIZE = 256  # pixels per side of a tile; the letter S


def smooth_noise(rng: np.random.Generator, *, cells: int, size: int = SIZE) -> Float32[np.ndarray, "S S"]:
    """Return a field of about unit deviation that varies over `size / cells` pixels.

    >>> smooth_noise(np.random.default_rng(0), cells=4).shape
    (256, 256)
    """
    return fractal_noise(rng, cells=cells, octaves=1, size=size)


def fractal_noise(
    rng: np.random.Generator, *, cells: int, octaves: int, roughness: float = 0.5, size: int = SIZE
) -> Float32[np.ndarray, "S S"]:
    """Sum smooth fields, each twice as fine and `roughness` times as strong as the one before; unit deviation.

    With W_o the weights of octave o and G_o its coarse grid, the sum of W_o G_o W_o' is one product: the W_o side by
    side times the (G_o W_o') on top of each other. Only that one makes a field of full size.
    """
    norm = np.sqrt(sum(roughness ** (2 * octave) for octave in range(octaves)))
    rows = []
    for octave in range(octaves):
        weights = _spline_weights(cells << octave, size)
        coarse = rng.standard_normal((weights.shape[1],) * 2, dtype=np.float32)
        coarse *= np.float32(roughness**octave / norm)
        rows.append(coarse @ weights.T)
    return np.asarray(_side_by_side(cells, octaves, size) @ np.concatenate(rows))


def step(field: Float32[np.ndarray, "*S"], *, at: float, width: float) -> Float32[np.ndarray, "*S"]:
    """Rise from 0 to 1 where `field` passes `at`, over `width` of its units."""
    ramp = np.clip((field - np.float32(at - width / 2)) / np.float32(width), 0, 1)
    return np.asarray(ramp * ramp * (3 - 2 * ramp))


def slope(field: Float32[np.ndarray, "S S"], angle: float) -> Float32[np.ndarray, "S S"]:
    """Return the directional derivative of the field towards `angle` (radians, from the columns' axis), for shading."""
    rise = np.zeros_like(field)
    rise[:, 1:] += np.float32(np.cos(angle)) * (field[:, 1:] - field[:, :-1])
    rise[1:] += np.float32(np.sin(angle)) * (field[1:] - field[:-1])
    return rise


@lru_cache(maxsize=256)
def _side_by_side(cells: int, octaves: int, size: int) -> Float32[np.ndarray, "S K"]:
    return np.concatenate([_spline_weights(cells << octave, size) for octave in range(octaves)], axis=1)


@lru_cache(maxsize=256)
def _spline_weights(cells: int, size: int) -> Float32[np.ndarray, "S K"]:
    """Uniform cubic B-spline weights of each pixel, scaled so that the field's mean variance is 1."""
    place = (np.arange(size) + 0.5) * cells / size
    left = place.astype(np.int64)
    t = place - left
    parts = ((1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3)
    weights = np.zeros((size, cells + 3))
    for offset, part in enumerate(parts):
        weights[np.arange(size), left + offset] = part
    weights /= np.sqrt((weights**2).sum(axis=1).mean())
    return weights.astype(np.float32)
