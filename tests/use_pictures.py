"""Pictures to fit and try a classifier on."""

from pathlib import Path

import numpy as np
from PIL import Image


def draw_pictures(folder: Path, numbers: dict[str, int], *, seed: int = 0, brightness: float = 1.0) -> Path:
    """Draw noisy pictures of a colour a class, a folder for each."""
    rng = np.random.default_rng(seed)
    colours = {"forest": (40, 120, 50), "water": (50, 80, 150), "mine": (140, 110, 60)}
    for name, number in numbers.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        for i in range(number):
            colour = np.array(colours[name]) + rng.normal(0, 22, 3)
            pixels = brightness * (colour + rng.normal(0, 30, (24, 32, 3)))
            Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(folder / name / f"{name}_{i:03d}.png")
    return folder
