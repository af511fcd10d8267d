"""What embedding would do, said without doing it: images to compute, the rate of a few of them, the time left."""

import math
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tailprobe.datasets.images import LabeledImages
from tailprobe.embeddings.calibration import calibrated
from tailprobe.embeddings.compute import cut, stored_shards
from tailprobe.embeddings.store import Precision, Store
from tailprobe.embeddings.work import Prepared, batch_size, encoded, groups, prepare_ahead
from tailprobe.encoders.encoder import Encoder
from tailprobe.processor import cores
from tailprobe.progress import duration

_GROUPS = 3  # encoded to measure the rate, after one that warms up


@dataclass(frozen=True)
class DryRun:
    """What a call of `embed` would find and do."""

    encoder: str
    images: int
    stored: int  # that would be read from the store
    rate: float  # images a second, measured; NaN where nothing is to do
    bytes: int  # the embeddings of all images, on the disk
    store: Path

    @property
    def to_do(self) -> int:
        """Images that would be computed."""
        return self.images - self.stored

    @property
    def seconds(self) -> float:
        """How long that would take, 0 where nothing is to do."""
        return self.to_do / self.rate if self.to_do else 0.0

    def __str__(self) -> str:
        room = f"{self.bytes / 2**20:,.0f} MB in {self.store}"
        if not self.to_do:
            return f"{self.encoder}: all {self.images:,} images are stored, {room}; nothing to compute"
        return (
            f"{self.encoder}: {self.stored:,} of {self.images:,} images are stored, {self.to_do:,} to compute at "
            f"{self.rate:,.1f} a second, about {duration(self.seconds)}; {room}"
        )


def dry_run(
    images: LabeledImages,
    encoder: Encoder,
    *,
    cache: Path,
    precision: Precision = "float32",
    workers: int | None = None,
) -> DryRun:
    """Say what `embed` would do with the same arguments; nothing is stored.

    A few of the images to compute are encoded to measure the rate. One that cannot be read counts like any other.
    """
    encoder = calibrated(encoder, images)
    store = Store.of(cache, images, encoder, precision=precision)
    shards = stored_shards(store, store.log(), images)
    missing = [i for rows, shard in zip(cut(len(images)), shards, strict=True) if shard is None for i in rows]
    numbers = len(images) * encoder.width * (4 if precision == "float32" else 2)
    rate = _rate(images, encoder, missing, workers or cores()) if missing else math.nan
    return DryRun(encoder.name, len(images), len(images) - len(missing), rate, numbers, store.folder)


def _rate(images: LabeledImages, encoder: Encoder, missing: list[int], workers: int) -> float:
    size = min(batch_size(encoder), len(missing))
    some = [missing[k % len(missing)] for k in range(size * (1 + _GROUPS))]
    with ThreadPoolExecutor(workers) as pool:
        # The first group starts the encoder, before the clock and before others are read.
        first = prepare_ahead(pool, images, encoder, some[:size], "skip")
        _encode_all(encoder, first, size)
        started = time.perf_counter()
        _encode_all(encoder, prepare_ahead(pool, images, encoder, some[size:], "skip"), _GROUPS * size)
    return _GROUPS * size / (time.perf_counter() - started)


def _encode_all(encoder: Encoder, prepared: Iterator[Prepared], number: int) -> None:
    deque(encoded(encoder, groups(prepared, number, encoder)), maxlen=0)
