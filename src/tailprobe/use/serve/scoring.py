"""From the bytes of an image to its answer: decoded in a pool of threads, scored in batches in one."""

import asyncio
import io
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import numpy as np

from tailprobe.datasets.pixels.bands import Composite, parse_bands
from tailprobe.datasets.pixels.decode import decode_channels, read_size
from tailprobe.datasets.pixels.size import TooManyPixelsError
from tailprobe.embeddings.shard import Row
from tailprobe.embeddings.work import PreparedImage, encode_batch
from tailprobe.encoders.channels import channels_for
from tailprobe.errors import InputError
from tailprobe.randomness import generator
from tailprobe.use.blocks import score_shard
from tailprobe.use.classifier import Classifier
from tailprobe.use.expectation import Decision
from tailprobe.use.serve.answers import ImageAnswer
from tailprobe.use.serve.batcher import Batcher
from tailprobe.use.serve.metrics import Metrics
from tailprobe.use.serve.problems import Problem, busy
from tailprobe.use.serve.settings import ServerSettings
from tailprobe.use.tagging import Summary, TaggedBlock, tag

_FORMATS = "an image: JPEG, PNG, GIF, BMP, WebP, TIFF, PPM, AVIF or JPEG 2000"
_IMAGE = "image"  # its place in messages of the decoder; the answer names it apart
_WARM_UP_SIDE = 64  # pixels; every encoder resizes to its own size


@dataclass(frozen=True, eq=False)
class GivenImage:
    """An image of a request, whose bytes are read when its turn comes."""

    name: str
    read: Callable[[], Awaitable[bytes]]


class Scorer:
    """Scores the images of many requests at the same time."""

    def __init__(self, classifier: Classifier, settings: ServerSettings, metrics: Metrics) -> None:
        """Load the encoder and choose the thresholds.

        Raises:
            InputError: the encoder cannot be loaded or is another, or an aim cannot be, or ranks a finished set.
        """
        self.decisions = classifier.decisions(settings.aims)
        _refuse_ranks(self.decisions)
        self._classifier, self._limits, self._metrics = classifier, settings.limits, metrics
        self._encoder = classifier.loaded_encoder
        self._bands = parse_bands(classifier.encoder.bands)
        self._decoders = ThreadPoolExecutor(settings.decoders, "tailprobe-decode")
        self._loading = asyncio.Semaphore(2 * settings.decoders)  # images held as bytes at once
        batching = settings.batching
        self._most_together = batching.size
        self._batcher: Batcher[PreparedImage, ImageAnswer] = Batcher(
            self._score, size=batching.size, wait=batching.wait
        )
        self.queue = 0

    @property
    def works(self) -> bool:
        """Whether images are scored."""
        return self._batcher.works

    async def start(self) -> None:
        """Warm the encoder up, then begin to score, in the running event loop."""
        await self._batcher.run_in_thread(self._warm_up)
        self._batcher.start()

    async def close(self) -> None:
        """Finish what is queued."""
        await self._batcher.close()
        self._decoders.shutdown()

    async def predict(self, images: Sequence[GivenImage]) -> list[ImageAnswer]:
        """Return the answers of images, in their order.

        Raises:
            Problem: the queue is full, an image cannot be read, or time is up.
        """
        with self._admitted(len(images)):
            try:
                async with asyncio.timeout(self._limits.seconds), asyncio.TaskGroup() as group:
                    tasks = [group.create_task(self._one(image)) for image in images]
            except BaseExceptionGroup as failed:
                raise failed.exceptions[0] from None
            except TimeoutError:
                raise busy(
                    "out_of_time", expected=f"an answer within {self._limits.seconds:g} s", got="more to do than that"
                ) from None
        self._metrics.images.inc(len(images))
        return [task.result() for task in tasks]

    @contextmanager
    def _admitted(self, images: int) -> Iterator[None]:
        if self.queue + images > self._limits.queue:
            raise busy(
                "queue_full", expected=f"at most {self._limits.queue} images at once",
                got=f"{images} more than the {self.queue} taken on",
            )  # fmt: skip
        self.queue += images
        self._metrics.queue.set(self.queue)
        try:
            yield
        finally:
            self.queue -= images
            self._metrics.queue.set(self.queue)

    async def _one(self, image: GivenImage) -> ImageAnswer:
        loop = asyncio.get_running_loop()
        async with self._loading:
            data = await image.read()
            self._check_bytes(len(data), image.name)
            prepared = await loop.run_in_executor(self._decoders, partial(self._prepare, image.name, data))
            del data
        return await self._batcher.submit(prepared)

    def _check_bytes(self, size: int, name: str) -> None:
        limit = self._limits.image_bytes
        if size > limit:
            raise Problem(
                413, "image_too_large", expected=f"at most {limit:,} bytes an image", got=f"{size:,} bytes",
                fix="send it smaller, or compressed", image=name,
            )  # fmt: skip

    def _prepare(self, name: str, data: bytes) -> PreparedImage:
        try:
            height, width = read_size(io.BytesIO(data), where=_IMAGE)
            self._check_pixels(height, width, name)
            image = decode_channels(data, bands=self._bands, where=_IMAGE)
            prepared = self._encoder.prepare(channels_for(self._encoder, image))
        except TooManyPixelsError as error:
            raise self._too_many_pixels(_message(error), name) from None
        except InputError as error:
            raise Problem(
                422,
                "unreadable_image",
                expected=_FORMATS,
                got=_message(error),
                fix="send the original file",
                image=name,
            ) from None
        height, width = image.shape[:2]
        return Row(name, "", b"\0" * 32, width, height, ""), prepared

    def _check_pixels(self, height: int, width: int, name: str) -> None:
        if height * width > self._limits.pixels:
            raise self._too_many_pixels(f"{width} x {height}", name)

    def _too_many_pixels(self, got: str, name: str) -> Problem:
        return Problem(
            413, "too_many_pixels", expected=f"at most {self._limits.pixels:,} pixels per image", got=got,
            fix="send it smaller, or cut into tiles", image=name,
        )  # fmt: skip

    def _warm_up(self) -> None:
        """Score images of noise, one and then a full batch: libraries choose and allocate at the first of each size."""
        channels = getattr(self._bands, "composite", self._bands)
        count = channels.channels if isinstance(channels, Composite) else 3
        noise = generator(0, "warm-up").integers(0, 256, (_WARM_UP_SIDE, _WARM_UP_SIDE, count), dtype=np.uint8)
        row = Row("", "", b"\0" * 32, _WARM_UP_SIDE, _WARM_UP_SIDE, "")
        prepared = row, self._encoder.prepare(channels_for(self._encoder, noise))
        for size in sorted({1, self._most_together}):
            self._tagged([prepared] * size)

    def _score(self, batch: Sequence[PreparedImage]) -> list[ImageAnswer]:
        self._metrics.batch.observe(len(batch))
        with self._metrics.inference.time():
            tagged = self._tagged(batch)
        classes = self._classifier.classes
        return [
            ImageAnswer(
                name=name,
                tags=_chosen(classes, tagged.tags[i]),
                uncertain=_chosen(classes, tagged.uncertain[i]),
                most_likely=classes[int(tagged.probabilities[i].argmax())] if self._is_single else None,
                unlike_training=bool(tagged.unlike[i]),
                probabilities=dict(zip(classes, tagged.probabilities[i].tolist(), strict=True)),
            )
            for i, name in enumerate(tagged.names)
        ]

    def _tagged(self, batch: Sequence[PreparedImage]) -> TaggedBlock:
        block = score_shard(self._classifier, encode_batch(self._encoder, batch))
        return tag(self._classifier, block, Summary(self.decisions, (), len(batch), 0, 0))

    @property
    def _is_single(self) -> bool:
        return self._classifier.kind == "single-label"


def _chosen(classes: Sequence[str], row: np.ndarray) -> list[str]:
    return [name for name, is_chosen in zip(classes, row.tolist(), strict=True) if is_chosen]


def _refuse_ranks(decisions: Sequence[Decision]) -> None:
    for decision in decisions:
        if decision.aim.startswith("top="):
            raise InputError(
                f"{decision.class_name}: the aim {decision.aim} ranks a finished set of images; "
                "pass --aim recall=0.9, precision=0.8, f2 or cost=10"
            )


def _message(error: InputError) -> str:
    """Return what came, of a message of the decoder, without its advice, which is for the command line."""
    return str(error).removeprefix(f"{_IMAGE}: ").rpartition("; ")[0] or str(error)
