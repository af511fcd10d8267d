"""Embed an image set once: what is stored and unchanged is read, the rest computed and stored."""

import hashlib
import json
import logging
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout

from tailprobe.datasets.image_files import OnBadImage
from tailprobe.datasets.images import LabeledImages
from tailprobe.embeddings.calibration import calibrated
from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.embeddings.log import ShardLog
from tailprobe.embeddings.shard import Shard, joined
from tailprobe.embeddings.store import SHARD, Precision, Store
from tailprobe.embeddings.work import ComputeShards, ShardWork, compute_shards
from tailprobe.encoders.encoder import Encoder
from tailprobe.errors import InputError
from tailprobe.progress import Progress, silent

_LOG = logging.getLogger(__name__)


def embed(
    images: LabeledImages,
    encoder: Encoder,
    *,
    cache: Path,
    precision: Precision = "float32",
    on_bad_image: OnBadImage = "error",
    workers: int | None = None,
    progress: Progress = silent,
    compute: ComputeShards = compute_shards,
) -> Embeddings:
    """Return the embeddings of images, computing what is not stored yet.

    Images are encoded in groups that do not depend on what was stored before, nor on who computes, so an interrupted
    call, repeated, leaves the same bytes.

    Args:
        images: the image set.
        encoder: the encoder; may have the attributes `batch_size`, images encoded together, and `at_once`, such groups
            that `encode` takes at once, each from a thread of its own.
        cache: the folder below which stores are kept.
        precision: of the numbers as stored and returned; "float16" takes half the room.
        on_bad_image: `error`, or `skip` to leave out what cannot be read and list it in `skipped`.
        workers: threads that prepare; one a core by default.
        progress: told about images done.
        compute: computes and writes the shards that are missing, here or elsewhere; this process holds the store's lock
            and keeps its log.

    Raises:
        InputError: an image cannot be read and `on_bad_image` is "error"; what was finished before it stays stored.
    """
    encoder = calibrated(encoder, images)
    store = Store.of(cache, images, encoder, precision=precision)
    store.make_folder()
    with locked(store):
        log = store.begin()
        shards = stored_shards(store, log, images)
        missing = {i: rows for i, rows in enumerate(cut(len(images))) if shards[i] is None}
        work = ShardWork(store, images, missing, on_bad_image, workers)
        _complete(work, log, shards, encoder, compute, progress)
    whole = joined([shard for shard in shards if shard is not None])
    return replace(_gathered(whole, images, encoder, precision, on_bad_image), store=store.folder)


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
    work: ShardWork,
    log: ShardLog,
    shards: list[Shard | None],
    encoder: Encoder,
    compute: ComputeShards,
    progress: Progress,
) -> None:
    """Have every shard that is None computed, note it in the log as it comes, and open it."""
    images, store = work.images, work.store
    stage, done = f"embed {encoder.name}", len(images) - sum(map(len, work.shards.values()))
    progress(stage, done, len(images))

    def counted(number: int) -> None:
        nonlocal done
        done += number
        progress(stage, done, len(images))

    # Closed whatever happens, so that nothing goes on writing once the lock is given back.
    with closing(compute(work, encoder, counted)) as lines:
        for line in lines:
            log.add(line)
            rows = work.shards[line.shard]
            shards[line.shard] = store.read(log, line.shard, images.names[rows.start : rows.stop])
            if shards[line.shard] is None:
                raise InputError(
                    f"{store.folder}: shard {line.shard} was computed elsewhere and cannot be read here; give --cache "
                    "a folder that all machines share, under the same path"
                )
    log.mend()


def _gathered(
    whole: Shard, images: LabeledImages, encoder: Encoder, precision: Precision, on_bad_image: OnBadImage
) -> Embeddings:
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


def cut(images: int) -> list[range]:
    """Return the rows of every shard."""
    return [range(start, min(start + SHARD, images)) for start in range(0, images, SHARD)]


@contextmanager
def locked(store: Store) -> Iterator[None]:
    """Hold a store for this process alone; waits, and says so, where another holds it."""
    lock = FileLock(store.folder / "lock")
    try:
        lock.acquire(blocking=False)
    except Timeout:
        _LOG.warning("another process is embedding the same images; waiting for it (%s)", store.folder)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()
