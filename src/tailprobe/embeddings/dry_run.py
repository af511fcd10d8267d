"""Estimate an embedding run without doing it: images to compute, measured rate, remaining time."""

import math
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.pixels.band_ranges import fit_ranges
from tailprobe.embeddings.calibration import calibrated
from tailprobe.embeddings.compute import shard_ranges, stored_shards
from tailprobe.embeddings.store import StorageDtype, Store
from tailprobe.embeddings.work import PreparedImage, batch_size, encode_groups, groups, prefetch_images
from tailprobe.encoders.encoder import Encoder
from tailprobe.processor import cores
from tailprobe.progress import duration

_GROUPS = 3  # encoded to measure the rate, after one that warms up


@dataclass(frozen=True)
class DryRun:
    """What a call of `embed` would read from the store and compute."""

    encoder: str
    images: int
    stored: int  # already in the store
    rate: float  # images a second, measured; NaN if nothing is to be computed
    bytes: int  # the embeddings of all images, on the disk
    store: Path

    @property
    def to_do(self) -> int:
        """Images that would be computed."""
        return self.images - self.stored

    @property
    def seconds(self) -> float:
        """Estimated time, 0 if nothing is to be computed."""
        return self.to_do / self.rate if self.to_do else 0.0

    def __str__(self) -> str:
        size = f"{self.bytes / 2**20:,.0f} MB in {self.store}"
        if not self.to_do:
            return f"{self.encoder}: all {self.images:,} images are stored, {size}; nothing to compute"
        return (
            f"{self.encoder}: {self.stored:,} of {self.images:,} images are stored, {self.to_do:,} to compute at "
            f"{self.rate:,.1f} a second, about {duration(self.seconds)}; {size}"
        )


def dry_run(
    images: LabeledImages,
    encoder: Encoder,
    *,
    cache: Path,
    dtype: StorageDtype = "float32",
    workers: int | None = None,
) -> DryRun:
    """Estimate what `embed` would do with the same arguments; nothing is stored.

    A few of the images to compute are encoded to measure the rate. Unreadable images count like any other.
    """
    images = fit_ranges(images, np.arange(len(images)), of="images")  # unless a study fitted them to its training part
    encoder = calibrated(encoder, images)
    store = Store.of(cache, images, encoder, dtype=dtype)
    shards = stored_shards(store, store.read_log(), images)
    missing = [i for rows, shard in zip(shard_ranges(len(images)), shards, strict=True) if shard is None for i in rows]
    size = len(images) * encoder.width * np.dtype(dtype).itemsize
    rate = _rate(images, encoder, missing, workers or cores()) if missing else math.nan
    return DryRun(encoder.name, len(images), len(images) - len(missing), rate, size, store.folder)


def _rate(images: LabeledImages, encoder: Encoder, missing: list[int], workers: int) -> float:
    size = min(batch_size(encoder), len(missing))
    some = [missing[k % len(missing)] for k in range(size * (1 + _GROUPS))]
    with ThreadPoolExecutor(workers) as pool:
        # The first group warms the encoder up, before the clock starts and before others are read.
        first = prefetch_images(pool, images, encoder, some[:size], "skip")
        _encode_all(encoder, first, size)
        started = time.perf_counter()
        _encode_all(encoder, prefetch_images(pool, images, encoder, some[size:], "skip"), _GROUPS * size)
    return _GROUPS * size / (time.perf_counter() - started)


def _encode_all(encoder: Encoder, prepared: Iterator[PreparedImage], number: int) -> None:
    deque(encode_groups(encoder, groups(prepared, number, encoder)), maxlen=0)
