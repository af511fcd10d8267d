"""A small collection on disk: coloured noise, three classes, one of them rare."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

COUNTS = {"forest": 60, "water": 30, "mine": 10}
COLOURS = {"forest": (30, 90, 40), "water": (30, 60, 120), "mine": (160, 140, 90)}


def draw_collection(folder: Path, seed: int = 0) -> Path:
    rng = np.random.default_rng(seed)
    for name, count in COUNTS.items():
        (folder / name).mkdir(parents=True)
        for i in range(count):
            noise = rng.normal(COLOURS[name], 40, (24, 24, 3))
            Image.fromarray(noise.clip(0, 255).astype(np.uint8)).save(folder / name / f"{i}.png")
    return folder


@pytest.fixture(scope="session")
def collection(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw_collection(tmp_path_factory.mktemp("collection") / "images")
