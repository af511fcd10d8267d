"""The work on images: read, decode and prepare them ahead, in threads, and encode them in groups."""

import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np

from tailprobe.datasets.decode import decode
from tailprobe.datasets.image_files import OnBadImage
from tailprobe.datasets.images import LabeledImages
from tailprobe.embeddings.shard import Row, Shard
from tailprobe.embeddings.store import Precision, number_type
from tailprobe.encoders.encoder import Encoder
from tailprobe.errors import InputError

_BATCH = 32
_AHEAD = 96  # images read and prepared ahead of the encoder: the group after the next waits whole

Prepared = tuple[Row, Any]


def batch_size(encoder: Encoder) -> int:
    """Return the images that an encoder takes together."""
    return int(getattr(encoder, "batch_size", _BATCH))


def prepare_image(images: LabeledImages, encoder: Encoder, i: int, on_bad_image: OnBadImage) -> Prepared:
    """Read, decode and prepare image `i`.

    Raises:
        InputError: it cannot be read and `on_bad_image` is "error".
    """
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


def ahead(pool: ThreadPoolExecutor, order: Iterable[int], work: Callable[[int], Prepared]) -> Iterator[Prepared]:
    """Work in the pool, a bounded number ahead, and give results in order."""
    waiting: deque[Future[Prepared]] = deque()
    for i in order:
        waiting.append(pool.submit(work, i))
        if len(waiting) >= _AHEAD:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()
