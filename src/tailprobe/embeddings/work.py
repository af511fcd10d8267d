"""The work on images: read, decode and prepare them ahead, in threads, encode them in groups, write their shards."""

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
from tailprobe.datasets.pixels.decode import decode
from tailprobe.datasets.storage.image_files import OnBadImage
from tailprobe.embeddings.log import Line
from tailprobe.embeddings.shard import Row, Shard, joined
from tailprobe.embeddings.store import Precision, Store, number_type
from tailprobe.encoders.encoder import Encoder
from tailprobe.errors import InputError
from tailprobe.processor import cores

_BATCH = 32
_AHEAD = 96  # images read and prepared ahead of the encoder: the group after the next waits whole

Prepared = tuple[Row, Any]
Item = TypeVar("Item")
Done = TypeVar("Done")


@dataclass(frozen=True, eq=False)
class ShardWork:
    """Shards to compute and to write: all that decides their bytes beside the encoder."""

    store: Store
    images: LabeledImages
    shards: Mapping[int, range]  # rows of the images, by the shard's place in the store
    on_bad_image: OnBadImage
    threads: int | None = None  # that read, decode and prepare; one a core by default


Counted = Callable[[int], None]  # told the images done since it was last told
Lines = Generator[Line, None, None]
ComputeShards = Callable[[ShardWork, Encoder, Counted], Lines]


def compute_shards(work: ShardWork, encoder: Encoder, counted: Counted) -> Lines:
    """Compute and write shards in this process, and yield the line of each as its file is whole.

    Threads read, decode and prepare images ahead of the encoder. Groups that are encoded together never reach over the
    end of a shard: its bytes are the same whoever computes it, and beside what.
    """
    precision: Precision = work.store.about["type"]
    with ThreadPoolExecutor(work.threads or cores()) as pool:
        order = [i for rows in work.shards.values() for i in rows]
        prepared = prepare_ahead(pool, work.images, encoder, order, work.on_bad_image)
        for index, rows in work.shards.items():
            parts = [Shard((), np.empty((0, encoder.width), number_type(precision)))]
            with closing(encoded(encoder, groups(prepared, len(rows), encoder), precision=precision)) as shards:
                for part in shards:
                    parts.append(part)
                    counted(len(part.rows))
            yield work.store.write(index, joined(parts))


def batch_size(encoder: Encoder) -> int:
    """Return the images that an encoder takes together."""
    return int(getattr(encoder, "batch_size", _BATCH))


def groups_at_once(encoder: Encoder) -> int:
    """Return the groups that an encoder takes at once, from several threads."""
    return int(getattr(encoder, "at_once", 1))


def prepare_ahead(
    pool: ThreadPoolExecutor, images: LabeledImages, encoder: Encoder, order: Iterable[int], on_bad_image: OnBadImage
) -> Iterator[Prepared]:
    """Yield images in order, prepared in the pool a bounded number ahead."""
    limit = _AHEAD + (groups_at_once(encoder) - 1) * batch_size(encoder)
    return _ahead(pool, order, lambda i: prepare_image(images, encoder, i, on_bad_image), limit)


def groups(prepared: Iterator[Prepared], number: int, encoder: Encoder) -> Iterator[list[Prepared]]:
    """Gather the next `number` images into the groups that the encoder takes together."""
    for start in range(0, number, batch_size(encoder)):
        yield [next(prepared) for _ in range(min(batch_size(encoder), number - start))]


def encoded(
    encoder: Encoder, groups: Iterable[list[Prepared]], *, precision: Precision = "float32"
) -> Generator[Shard, None, None]:
    """Yield the embeddings of every group, in order; in the calling thread where the encoder takes one at a time.

    Where it takes several, the next is at work while the last images of one are: no core waits for them.
    """
    encode = partial(encode_batch, encoder, precision=precision)
    if groups_at_once(encoder) == 1:
        yield from map(encode, groups)
        return
    with ThreadPoolExecutor(groups_at_once(encoder)) as pool:
        yield from _ahead(pool, groups, encode, groups_at_once(encoder) + 1)


def prepare_image(images: LabeledImages, encoder: Encoder, i: int, on_bad_image: OnBadImage) -> Prepared:
    """Read, decode and prepare image `i`.

    Raises:
        InputError: it cannot be read and `on_bad_image` is "error".
    """
    location = images.image_sources[i]
    etag, content = "", b"\0" * 32
    try:
        etag, data = location.etag(), location.read()
        content = hashlib.sha256(data).digest()
        image = decode(data, bands=images.band_selection, where=str(location))
    except InputError as error:
        if on_bad_image == "error":
            raise
        return Row(images.names[i], etag, content, 0, 0, str(error)), None
    height, width = image.shape[:2]
    return Row(images.names[i], etag, content, width, height, ""), encoder.prepare(image)


def encode_batch(encoder: Encoder, batch: Sequence[Prepared], *, precision: Precision = "float32") -> Shard:
    """Return the embeddings of prepared images.

    Raises:
        ValueError: a number is not finite, or too large for `precision`.
    """
    vectors = np.full((len(batch), encoder.width), np.nan, dtype=np.float32)
    good = [i for i, (row, _) in enumerate(batch) if not row.problem]
    if good:
        vectors[good] = encoder.encode([batch[i][1] for i in good])
    with np.errstate(over="ignore"):  # checked below
        vectors = vectors.astype(number_type(precision), copy=False)
    if not np.isfinite(vectors[good]).all():
        bad = good[int(np.argmin(np.isfinite(vectors[good]).all(axis=1)))]
        raise ValueError(
            f"encoder {encoder.name} gave numbers that are not finite as {precision} for image {batch[bad][0].name!r}"
        )
    return Shard(tuple(row for row, _ in batch), vectors)


def _ahead(pool: ThreadPoolExecutor, items: Iterable[Item], work: Callable[[Item], Done], limit: int) -> Iterator[Done]:
    """Work in the pool, `limit` items at most unfinished or untaken, and give results in order."""
    waiting: deque[Future[Done]] = deque()
    for item in items:
        waiting.append(pool.submit(work, item))
        if len(waiting) >= limit:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()
