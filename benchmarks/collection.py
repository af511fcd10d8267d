"""Listing and checking a large collection, before any image is decoded: images a second, and memory an image."""

import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

import tailprobe
from benchmarks.row import Row
from tailprobe.datasets.check import check_images

CLASSES = 20


def rows(*, images: int = 200_000) -> list[Row]:
    """Measure on links to one file, in folders of classes; the system's cache holds it, so no disk is measured."""
    with tempfile.TemporaryDirectory() as folder:
        source = _link(Path(folder), images)
        before, started = _resident(), time.perf_counter()
        found = tailprobe.read(source)
        listing, memory = time.perf_counter() - started, _resident() - before
        started = time.perf_counter()
        check_images(found)
        checking = time.perf_counter() - started
    return [
        Row("names and places listed", images / listing, "images/s"),
        Row("names, places and labels in memory", memory / images, "bytes an image"),
        Row("headers checked", images / checking, "images/s"),
    ]


def _link(folder: Path, images: int) -> Path:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(folder / "one.jpg")
    for i in range(images):
        path = folder / "collection" / f"class {i % CLASSES:02d}" / f"tile_{i:08d}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(folder / "one.jpg")
    return folder / "collection"


def _resident() -> int:
    """Return the bytes of memory that this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
