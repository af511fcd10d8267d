"""Embed an image set once: what is stored and unchanged is read, the rest computed and stored."""

import hashlib
import json
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout

from tailprobe.datasets.decode import decode
from tailprobe.datasets.image_files import OnBadImage
from tailprobe.datasets.images import LabeledImages
from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.embeddings.shard import Row, Shard
from tailprobe.embeddings.store import SHARD, Store
from tailprobe.encoders.encoder import Encoder
from tailprobe.errors import InputError
from tailprobe.progress import Progress, silent

_BATCH = 32
_AHEAD = 64  # images read and prepared ahead of the encoder

Prepared = tuple[Row, Any]


def embed(
    images: LabeledImages,
    encoder: Encoder,
    *,
    cache: Path,
    on_bad_image: OnBadImage = "error",
    workers: int | None = None,
    progress: Progress = silent,
    tell: Callable[[str], None] = lambda message: None,
) -> Embeddings:
    """Return the embeddings of images, computing what is not stored yet.

    Threads read, decode and prepare images ahead of the encoder, which works in the calling thread. Images are encoded
    in groups that do not depend on what was stored before, so an interrupted call, repeated, leaves the same bytes.

    Args:
        images: the image set.
        encoder: the encoder; may have an attribute `batch_size`, images encoded together.
        cache: the folder below which stores are kept.
        on_bad_image: `error`, or `skip` to leave out what cannot be read and list it in `skipped`.
        workers: threads that prepare; one a core by default.
        progress: told about images done.
        tell: told when another process is at work on the same store.

    Raises:
        InputError: an image cannot be read and `on_bad_image` is "error"; what was finished before it stays stored.
    """
    store = Store.of(cache, images, encoder)
    with _locked(store, tell):
        shards = _stored(store, images)
        _complete(store, shards, images, encoder, on_bad_image, workers or os.cpu_count() or 1, progress)
    return _gather([shard for shard in shards if shard is not None], images, encoder, on_bad_image)


def _stored(store: Store, images: LabeledImages) -> list[Shard | None]:
    """Return every shard that is stored and whose images have not changed since."""
    found: list[Shard | None] = []
    for index, rows in enumerate(_cut(len(images))):
        shard = store.read(index, images.names[rows.start : rows.stop])
        found.append(shard if shard is not None and _unchanged(shard, images, rows) else None)
    return found


def _unchanged(shard: Shard, images: LabeledImages, rows: range) -> bool:
    for row, i in zip(shard.rows, rows, strict=True):
        location = images.locations[i]
        try:
            if location.signature() == row.signature:
                continue
            content = hashlib.sha256(location.read()).digest()
        except InputError:
            return bool(row.problem)
        if content != row.content:
            return False
    return True


def _complete(
    store: Store,
    shards: list[Shard | None],
    images: LabeledImages,
    encoder: Encoder,
    on_bad_image: OnBadImage,
    workers: int,
    progress: Progress,
) -> None:
    """Compute and store every shard that is None, in order."""
    cuts = _cut(len(images))
    missing = [index for index, shard in enumerate(shards) if shard is None]
    stage, done = f"embed {encoder.name}", len(images) - sum(len(cuts[index]) for index in missing)
    progress(stage, done, len(images))
    with ThreadPoolExecutor(workers) as pool:
        order = [i for index in missing for i in cuts[index]]
        prepared = _ahead(pool, order, lambda i: _prepare(images, encoder, i, on_bad_image))
        for index in missing:
            shard = Shard((), np.empty((0, encoder.width), np.float32))
            for batch in _batches(prepared, len(cuts[index]), getattr(encoder, "batch_size", _BATCH)):
                shard = _joined([shard, _encode(encoder, batch)])
                done += len(batch)
                progress(stage, done, len(images))
            store.write(index, shard)
            shards[index] = shard


def _prepare(images: LabeledImages, encoder: Encoder, i: int, on_bad_image: OnBadImage) -> Prepared:
    location = images.locations[i]
    signature, content = "", b"\0" * 32
    try:
        signature, data = location.signature(), location.read()
        content = hashlib.sha256(data).digest()
        image = decode(data, bands=images.bands, where=str(location))
    except InputError as error:
        if on_bad_image == "error":
            raise
        return Row(images.names[i], signature, content, 0, 0, str(error)), None
    height, width = image.shape[:2]
    return Row(images.names[i], signature, content, width, height, ""), encoder.prepare(image)


def _encode(encoder: Encoder, batch: Sequence[Prepared]) -> Shard:
    vectors = np.full((len(batch), encoder.width), np.nan, dtype=np.float32)
    good = [i for i, (row, _) in enumerate(batch) if not row.problem]
    if good:
        vectors[good] = encoder.encode([batch[i][1] for i in good])
    if not np.isfinite(vectors[good]).all():
        bad = good[int(np.argmin(np.isfinite(vectors[good]).all(axis=1)))]
        raise ValueError(f"encoder {encoder.name} gave numbers that are not finite for image {batch[bad][0].name!r}")
    return Shard(tuple(row for row, _ in batch), vectors)


def _gather(shards: Sequence[Shard], images: LabeledImages, encoder: Encoder, on_bad_image: OnBadImage) -> Embeddings:
    whole = _joined(shards)
    bad = [row for row in whole.rows if row.problem]
    if bad and on_bad_image == "error":  # stored as bad by an earlier call that skipped
        raise InputError(bad[0].problem)
    digest = hashlib.sha256(json.dumps([dict(sorted(encoder.identity.items())), images.bands]).encode())
    for row in whole.rows:
        digest.update(row.content)
    good = np.array([not row.problem for row in whole.rows], dtype=bool)
    return Embeddings(
        whole.vectors if good.all() else whole.vectors[good],
        tuple(row.name for row in whole.rows if not row.problem),
        encoder.name,
        digest.hexdigest(),
        encoder.standardise,
        tuple(row.problem for row in bad),
    )


def _joined(shards: Sequence[Shard]) -> Shard:
    if len(shards) == 1:
        return shards[0]
    return Shard(tuple(row for s in shards for row in s.rows), np.concatenate([s.vectors for s in shards]))


def _cut(images: int) -> list[range]:
    return [range(start, min(start + SHARD, images)) for start in range(0, images, SHARD)]


def _batches(prepared: Iterator[Prepared], number: int, size: int) -> Iterator[list[Prepared]]:
    for start in range(0, number, size):
        yield [next(prepared) for _ in range(min(size, number - start))]


def _ahead(pool: ThreadPoolExecutor, order: Iterable[int], work: Callable[[int], Prepared]) -> Iterator[Prepared]:
    """Work in the pool, a bounded number ahead, and give results in order."""
    waiting: deque[Future[Prepared]] = deque()
    for i in order:
        waiting.append(pool.submit(work, i))
        if len(waiting) >= _AHEAD:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


@contextmanager
def _locked(store: Store, tell: Callable[[str], None]) -> Iterator[None]:
    lock = FileLock(store.folder / "lock")
    try:
        lock.acquire(blocking=False)
    except Timeout:
        tell(f"another process is embedding the same images; waiting for it ({store.folder})")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()
