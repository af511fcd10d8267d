"""Embed an image set: read what is stored and unchanged, compute and store the rest."""

import hashlib
import json
import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout

from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.pixels.band_ranges import fit_ranges
from tailprobe.datasets.storage.image_files import OnBadImage
from tailprobe.datasets.storage.image_source import ImageSource
from tailprobe.embeddings.calibration import calibrated
from tailprobe.embeddings.class_text import class_text
from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.embeddings.log import ShardLog
from tailprobe.embeddings.shard import Shard, concat
from tailprobe.embeddings.store import SHARD, StorageDtype, Store
from tailprobe.embeddings.work import ComputeShards, ShardWork, compute_shards
from tailprobe.encoders.encoder import Encoder
from tailprobe.errors import InputError
from tailprobe.files import wrap_write_errors
from tailprobe.progress import Progress, silent

_LOG = logging.getLogger(__name__)


def embed(
    images: LabeledImages,
    encoder: Encoder,
    *,
    cache: Path,
    dtype: StorageDtype = "float32",
    on_bad_image: OnBadImage = "error",
    workers: int | None = None,
    progress: Progress = silent,
    compute: ComputeShards = compute_shards,
    prompts: Sequence[str] = (),
) -> Embeddings:
    """Return the embeddings of images; those that are not stored yet are computed and stored.

    Images are encoded in groups that depend neither on what was stored before nor on the machine that computes, so that
    an interrupted call, when repeated, writes the same bytes.

    Args:
        images: the image set.
        encoder: the encoder; may have the attributes `batch_size`, images encoded together, and `concurrent_batches`,
            the batches that `encode` takes at once, each from its own thread.
        cache: the folder that holds the stores.
        dtype: of the embeddings as stored and returned; "float16" takes half the disk space.
        on_bad_image: `error`, or `skip` to leave out what cannot be read and list it in `skipped`.
        workers: threads that prepare images; one per core by default.
        progress: receives the number of images done.
        compute: computes and writes the missing shards, here or on other machines; this process holds the lock of the
            store and writes its log.
        prompts: for the class names, if the encoder embeds them, see `class_text`.

    Raises:
        InputError: an image cannot be read and `on_bad_image` is "error"; what was finished before it stays stored.
    """
    images = fit_ranges(images, np.arange(len(images)), of="images")  # unless a study fitted them to its training part
    encoder = calibrated(encoder, images)
    store = Store.of(cache, images, encoder, dtype=dtype)
    store.create_folder()
    with locked(store):
        log = store.open_log()
        shards = stored_shards(store, log, images)
        missing = {i: rows for i, rows in enumerate(shard_ranges(len(images))) if shards[i] is None}
        work = ShardWork(store, images, missing, on_bad_image, workers)
        _complete(work, log, shards, encoder, compute, progress)
    all_rows = concat([shard for shard in shards if shard is not None])
    text = class_text(encoder, images.labels.classes, folder=store.folder.parent, prompts=prompts)
    found = _to_embeddings(all_rows, images, encoder, dtype, on_bad_image)
    return replace(found, store=store.folder, class_text=text)


def stored_shards(store: Store, log: ShardLog, images: LabeledImages) -> list[Shard | None]:
    """Return every shard that is stored and whose images are unchanged, None for the others."""
    found: list[Shard | None] = []
    for index, rows in enumerate(shard_ranges(len(images))):
        shard = store.read(log, index, images.names[rows.start : rows.stop])
        found.append(shard if shard is not None and _unchanged(shard, images, rows) else None)
    return found


def _unchanged(shard: Shard, images: LabeledImages, rows: range) -> bool:
    for row, i in zip(shard.rows, rows, strict=True):
        source = images.image_sources[i]
        try:
            if source.etag() == row.etag:
                continue
            content = hashlib.sha256(source.read()).digest()
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
    """Compute every shard that is None, log it when it is finished, and open it."""
    images, store = work.images, work.store
    stage, done = f"embed {encoder.name}", len(images) - sum(map(len, work.shards.values()))
    progress(stage, done, len(images))

    def on_done(number: int) -> None:
        nonlocal done
        done += number
        progress(stage, done, len(images))

    # Always closed, so that nothing is written after the lock is released.
    with closing(compute(work, encoder, on_done)) as records:
        for record in records:
            log.add(record)
            rows = work.shards[record.shard]
            shards[record.shard] = store.read(log, record.shard, images.names[rows.start : rows.stop])
            if shards[record.shard] is None:
                raise InputError(
                    f"{store.folder}: shard {record.shard} was computed elsewhere and cannot be read here; give "
                    "--cache a folder that all machines share, under the same path"
                )
    log.repair()


def _to_embeddings(
    shard: Shard, images: LabeledImages, encoder: Encoder, dtype: StorageDtype, on_bad_image: OnBadImage
) -> Embeddings:
    bad = [row for row in shard.rows if row.problem]
    if bad and on_bad_image == "error":  # stored as bad by an earlier call that skipped
        raise InputError(bad[0].problem)
    identity = {**encoder.identity, "bands": str(images.bands), "dtype": dtype}
    good = np.array([not row.problem for row in shard.rows], dtype=bool)
    return Embeddings(
        shard.vectors if good.all() else shard.vectors[good],
        tuple(row.name for row in shard.rows if not row.problem),
        encoder.name,
        fingerprint(identity, (row.content for row in shard.rows)),
        encoder.standardise,
        tuple(row.problem for row in bad),
        identity=identity,
        image_size=_usual_size(shard),
    )


def _usual_size(shard: Shard) -> tuple[int, int] | None:
    """Return height and width of most images, of the larger where two are as frequent."""
    sizes = Counter((row.height, row.width) for row in shard.rows if not row.problem)
    return max(sizes, key=lambda size: (sizes[size], size)) if sizes else None


def fingerprint(identity: Mapping[str, str], contents: Iterable[bytes]) -> str:
    """Return a hex digest of the encoder's identity and of the images' contents.

    Args:
        identity: that of the `Embeddings`: the encoder's, with `bands` and `dtype`.
        contents: the SHA-256 of each image's bytes, see `image_content`.
    """
    of_encoder = {key: identity[key] for key in sorted(identity) if key not in ("bands", "dtype")}
    dtype = identity["dtype"]
    parts = [of_encoder, identity["bands"], *([] if dtype == "float32" else [dtype])]
    digest = hashlib.sha256(json.dumps(parts).encode())
    for content in contents:
        digest.update(content)
    return digest.hexdigest()


def image_content(source: ImageSource) -> bytes:
    """Return the SHA-256 of an image's bytes, 32 zero bytes if they cannot be read."""
    try:
        return hashlib.sha256(source.read()).digest()
    except InputError:
        return bytes(32)


def shard_ranges(images: int) -> list[range]:
    """Return the row range of every shard."""
    return [range(start, min(start + SHARD, images)) for start in range(0, images, SHARD)]


@contextmanager
def locked(store: Store) -> Iterator[None]:
    """Lock a store for this process; waits, and logs that it does, while another process holds the lock."""
    lock = FileLock(store.folder / "lock")
    try:
        with wrap_write_errors(store.folder):
            lock.acquire(blocking=False)
    except Timeout:
        _LOG.warning("another process is embedding the same images; waiting for it (%s)", store.folder)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()
