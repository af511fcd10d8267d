"""Embed an image set once: what is stored and unchanged is read, the rest computed and stored."""

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout

from tailprobe.datasets.image_files import OnBadImage
from tailprobe.datasets.images import LabeledImages
from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.embeddings.log import ShardLog
from tailprobe.embeddings.shard import Shard
from tailprobe.embeddings.store import SHARD, Precision, Store, number_type
from tailprobe.embeddings.work import Prepared, ahead, batch_size, encode_batch, prepare_image
from tailprobe.encoders.encoder import Encoder
from tailprobe.errors import InputError
from tailprobe.progress import Progress, silent


def embed(
    images: LabeledImages,
    encoder: Encoder,
    *,
    cache: Path,
    precision: Precision = "float32",
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
        precision: of the numbers as stored and returned; "float16" takes half the room.
        on_bad_image: `error`, or `skip` to leave out what cannot be read and list it in `skipped`.
        workers: threads that prepare; one a core by default.
        progress: told about images done.
        tell: told when another process is at work on the same store.

    Raises:
        InputError: an image cannot be read and `on_bad_image` is "error"; what was finished before it stays stored.
    """
    store = Store.of(cache, images, encoder, precision=precision)
    store.make_folder()
    with locked(store, tell):
        log = store.begin()
        shards = stored_shards(store, log, images)
        _complete(store, log, shards, images, encoder, on_bad_image, workers or os.cpu_count() or 1, progress)
    return _gather([shard for shard in shards if shard is not None], images, encoder, precision, on_bad_image)


def stored_shards(store: Store, log: ShardLog, images: LabeledImages) -> list[Shard | None]:
    """Return every shard that is stored and whose images have not changed since, None for the others."""
    found: list[Shard | None] = []
    for index, rows in enumerate(cut(len(images))):
        shard = store.read(log, index, images.names[rows.start : rows.stop])
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
    log: ShardLog,
    shards: list[Shard | None],
    images: LabeledImages,
    encoder: Encoder,
    on_bad_image: OnBadImage,
    workers: int,
    progress: Progress,
) -> None:
    """Compute and store every shard that is None, in order."""
    cuts = cut(len(images))
    missing = [index for index, shard in enumerate(shards) if shard is None]
    stage, done = f"embed {encoder.name}", len(images) - sum(len(cuts[index]) for index in missing)
    progress(stage, done, len(images))
    precision: Precision = store.about["type"]
    with ThreadPoolExecutor(workers) as pool:
        order = [i for index in missing for i in cuts[index]]
        prepared = ahead(pool, order, lambda i: prepare_image(images, encoder, i, on_bad_image))
        for index in missing:
            parts = [Shard((), np.empty((0, encoder.width), number_type(precision)))]
            for batch in _batches(prepared, len(cuts[index]), batch_size(encoder)):
                parts.append(encode_batch(encoder, batch, precision=precision))
                done += len(batch)
                progress(stage, done, len(images))
            shards[index] = shard = _joined(parts)
            store.write(log, index, shard)
    log.mend()


def _gather(
    shards: Sequence[Shard], images: LabeledImages, encoder: Encoder, precision: Precision, on_bad_image: OnBadImage
) -> Embeddings:
    whole = _joined(shards)
    bad = [row for row in whole.rows if row.problem]
    if bad and on_bad_image == "error":  # stored as bad by an earlier call that skipped
        raise InputError(bad[0].problem)
    about = [dict(sorted(encoder.identity.items())), images.bands, *([] if precision == "float32" else [precision])]
    digest = hashlib.sha256(json.dumps(about).encode())
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


def cut(images: int) -> list[range]:
    """Return the rows of every shard."""
    return [range(start, min(start + SHARD, images)) for start in range(0, images, SHARD)]


def _batches(prepared: Iterator[Prepared], number: int, size: int) -> Iterator[list[Prepared]]:
    for start in range(0, number, size):
        yield [next(prepared) for _ in range(min(size, number - start))]


@contextmanager
def locked(store: Store, tell: Callable[[str], None]) -> Iterator[None]:
    """Hold a store for this process alone; waits, and says so, where another holds it."""
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
