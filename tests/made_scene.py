"""Scenes drawn for tests: forest all over, a patch of mine in a known place."""

from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from rasterio import Affine

COLOURS = {"forest": (40, 120, 50), "water": (50, 80, 150), "mine": (140, 110, 60)}
PATCH = (slice(36, 96), slice(64, 160))  # rows and columns of the mine
ORIGIN, PIXEL = (350_000.0, 8_500_000.0), 10.0  # metres east and north in EPSG:32720, and of a pixel


def draw_scene(height: int = 125, width: int = 200, *, seed: int = 0) -> np.ndarray:
    """Return (3, height, width) uint8: noisy colours as in the pictures that the model was fitted on."""
    rng = np.random.default_rng(seed)
    pixels = np.broadcast_to(np.array(COLOURS["forest"], dtype=float)[:, None, None], (3, height, width)).copy()
    pixels[:, *PATCH] = np.array(COLOURS["mine"])[:, None, None]
    return np.clip(pixels + rng.normal(0, 30, pixels.shape), 0, 255).astype(np.uint8)


def placed(east: float, north: float) -> Affine:
    """Return the transform of a scene with north up."""
    return Affine(PIXEL, 0, east, 0, -PIXEL, north)


def write_scene(path: Path, pixels: np.ndarray, *, names: tuple[str, ...] = (), **profile: Any) -> Path:
    """Write (n, height, width) as a GeoTIFF in EPSG:32720, unless told otherwise."""
    about = {
        "driver": "GTiff", "count": len(pixels), "height": pixels.shape[1], "width": pixels.shape[2],
        "dtype": pixels.dtype, "crs": "EPSG:32720", "transform": placed(*ORIGIN),
    }  # fmt: skip
    with rasterio.open(path, "w", **{**about, **profile}) as file:
        file.write(pixels)
        for band, name in enumerate(names, start=1):
            file.set_band_description(band, name)
    return path
