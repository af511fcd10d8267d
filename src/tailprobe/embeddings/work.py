"""Compute shards: threads read, decode and prepare images ahead; groups are encoded and shards written."""

import hashlib
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import numpy as np

from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.pixels.decode import decode_channels
from tailprobe.datasets.storage.image_files import OnBadImage
from tailprobe.embeddings.log import ShardRecord
from tailprobe.embeddings.shard import Row, Shard, concat
from tailprobe.embeddings.store import StorageDtype, Store
from tailprobe.encoders.channels import channels_for
from tailprobe.encoders.encoder import Encoder
from tailprobe.errors import InputError
from tailprobe.processor import cores

_BATCH = 32
_PREFETCH = 96  # images read and prepared ahead of the encoder: the group after the next is complete

PreparedImage = tuple[Row, Any]
Item = TypeVar("Item")
Done = TypeVar("Done")


@dataclass(frozen=True, eq=False)
class ShardWork:
    """Shards to compute and write: everything besides the encoder that decides their bytes."""

    store: Store
    images: LabeledImages
    shards: Mapping[int, range]  # rows of the images, by the index of the shard in the store
    on_bad_image: OnBadImage
    threads: int | None = None  # that read, decode and prepare; one per core by default


OnDone = Callable[[int], None]  # called with the number of images finished since its last call
ShardRecords = Generator[ShardRecord, None, None]
ComputeShards = Callable[[ShardWork, Encoder, OnDone], ShardRecords]


def compute_shards(work: ShardWork, encoder: Encoder, on_done: OnDone) -> ShardRecords:
    """Compute and write shards in this process, and yield the record of each when its file is complete.

    Threads read, decode and prepare images ahead of the encoder. Groups that are encoded together never cross the end
    of a shard, so its bytes depend neither on the machine that computes it nor on what else is computed.
    """
    dtype: StorageDtype = work.store.manifest["dtype"]
    with ThreadPoolExecutor(work.threads or cores()) as pool:
        order = [i for rows in work.shards.values() for i in rows]
        prepared = prefetch_images(pool, work.images, encoder, order, work.on_bad_image)
        for index, rows in work.shards.items():
            parts = [Shard((), np.empty((0, encoder.width), dtype))]
            with closing(encode_groups(encoder, groups(prepared, len(rows), encoder), dtype=dtype)) as shards:
                for part in shards:
                    parts.append(part)
                    on_done(len(part.rows))
            yield work.store.write(index, concat(parts))


def batch_size(encoder: Encoder) -> int:
    """Return the number of images that an encoder encodes together."""
    return int(getattr(encoder, "batch_size", _BATCH))


def concurrent_groups(encoder: Encoder) -> int:
    """Return the number of groups that an encoder encodes concurrently, from several threads."""
    return int(getattr(encoder, "concurrent_batches", 1))


def prefetch_images(
    pool: ThreadPoolExecutor, images: LabeledImages, encoder: Encoder, order: Iterable[int], on_bad_image: OnBadImage
) -> Iterator[PreparedImage]:
    """Yield images in order, prepared in the pool a bounded number ahead."""
    limit = _PREFETCH + (concurrent_groups(encoder) - 1) * batch_size(encoder)
    return prefetch(pool, order, lambda i: prepare_image(images, encoder, i, on_bad_image), limit)


def groups(prepared: Iterator[PreparedImage], number: int, encoder: Encoder) -> Iterator[list[PreparedImage]]:
    """Collect the next `number` images into groups of the encoder's batch size."""
    for start in range(0, number, batch_size(encoder)):
        yield [next(prepared) for _ in range(min(batch_size(encoder), number - start))]


def encode_groups(
    encoder: Encoder, groups: Iterable[list[PreparedImage]], *, dtype: StorageDtype = "float32"
) -> Generator[Shard, None, None]:
    """Yield the embeddings of every group, in order; in the calling thread if the encoder takes one group at a time.

    If it takes several, the next group starts while the last images of a group are encoded, so that no core is idle.
    """
    encode = partial(encode_batch, encoder, dtype=dtype)
    if concurrent_groups(encoder) == 1:
        yield from map(encode, groups)
        return
    with ThreadPoolExecutor(concurrent_groups(encoder)) as pool:
        yield from prefetch(pool, groups, encode, concurrent_groups(encoder) + 1)


def prepare_image(images: LabeledImages, encoder: Encoder, i: int, on_bad_image: OnBadImage) -> PreparedImage:
    """Read, decode and prepare image `i`.

    Raises:
        InputError: it cannot be read and `on_bad_image` is "error".
    """
    source = images.image_sources[i]
    etag, content = "", b"\0" * 32
    try:
        etag, data = source.etag(), source.read()
        content = hashlib.sha256(data).digest()
        image = decode_channels(data, bands=images.band_selection, where=str(source))
    except InputError as error:
        if on_bad_image == "error":
            raise
        return Row(images.names[i], etag, content, 0, 0, str(error)), None
    height, width = image.shape[:2]
    return Row(images.names[i], etag, content, width, height, ""), encoder.prepare(channels_for(encoder, image))


def encode_batch(encoder: Encoder, batch: Sequence[PreparedImage], *, dtype: StorageDtype = "float32") -> Shard:
    """Return the embeddings of prepared images.

    Raises:
        ValueError: a number is not finite, or too large for `dtype`.
    """
    vectors = np.full((len(batch), encoder.width), np.nan, dtype=np.float32)
    good = [i for i, (row, _) in enumerate(batch) if not row.problem]
    if good:
        vectors[good] = encoder.encode([batch[i][1] for i in good])
    with np.errstate(over="ignore"):  # checked below
        vectors = vectors.astype(dtype, copy=False)
    if not np.isfinite(vectors[good]).all():
        bad = good[int(np.argmin(np.isfinite(vectors[good]).all(axis=1)))]
        raise ValueError(
            f"encoder {encoder.name} gave numbers that are not finite as {dtype} for image {batch[bad][0].name!r}"
        )
    return Shard(tuple(row for row, _ in batch), vectors)


def prefetch(
    pool: ThreadPoolExecutor, items: Iterable[Item], work: Callable[[Item], Done], limit: int
) -> Iterator[Done]:
    """Map `work` over items in the pool, at most `limit` of them unfinished or not yet consumed; results in order.

    The items themselves are made in the calling thread.
    """
    waiting: deque[Future[Done]] = deque()
    for item in items:
        waiting.append(pool.submit(work, item))
        if len(waiting) >= limit:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()
