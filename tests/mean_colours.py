"""A quick encoder that counts what it is asked for, and images for it; also a program that embeds, to be killed."""

import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image


class MeanColours:
    """Three numbers an image: its mean colour."""

    name = "mean colours"
    width = 3
    standardise = False
    batch_size = 4

    def __init__(self, version: str = "1", seconds: float = 0.0) -> None:
        self.identity: Mapping[str, str] = {"model": "mean colours", "version": version}
        self.encoded = 0
        self._seconds = seconds  # a batch takes, at least

    def prepare(self, image: np.ndarray) -> np.ndarray:
        return image

    def encode(self, batch: Sequence[np.ndarray]) -> np.ndarray:
        self.encoded += len(batch)
        time.sleep(self._seconds)
        return np.stack([image.mean(axis=(0, 1), dtype=np.float32) for image in batch])


class Dying(MeanColours):
    """Kills its process at the third batch that anybody encodes, once; keeps a list of how many every batch held."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._batches, self._died = folder / "batches", folder / "died"

    def encode(self, batch: Sequence[np.ndarray]) -> np.ndarray:
        with self._batches.open("a") as file:
            file.write(f"{len(batch)}\n")
        if len(self._batches.read_text().split()) >= 3 and not self._died.exists():
            self._died.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return super().encode(batch)


def draw(folder: Path, *, images: int) -> Path:
    """Write noise in two classes."""
    rng = np.random.default_rng(0)
    for i in range(images):
        path = folder / ("a" if i % 2 else "b") / f"{i:02d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (5, 7, 3), dtype=np.uint8)).save(path)
    return folder


def main(folder: str, cache: str, seconds: str) -> None:
    """Embed slowly, shards of four images."""
    from unittest.mock import patch

    import tailprobe
    from tailprobe.embeddings import compute, store

    with patch.object(compute, "SHARD", 4), patch.object(store, "SHARD", 4):
        compute.embed(tailprobe.read(folder), MeanColours(seconds=float(seconds)), cache=Path(cache))


if __name__ == "__main__":
    main(*sys.argv[1:])
