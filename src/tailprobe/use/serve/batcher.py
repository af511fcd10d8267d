"""Join items that come at the same time, and work on one batch at a time, in one thread."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
_LOG = logging.getLogger(__name__)


@dataclass(eq=False)
class _Entry(Generic[Item, Result]):
    item: Item
    result: "asyncio.Future[Result]"
    arrived: float  # seconds, of the event loop's clock


class Batcher(Generic[Item, Result]):
    """Collects items into batches: as many as wait when the thread is free, or come within a short time."""

    def __init__(self, work: Callable[[Sequence[Item]], Sequence[Result]], *, size: int, wait: float) -> None:
        """Take on nothing before `start`.

        Args:
            work: from the items of a batch to their results, in order.
            size: items of a batch, at most.
            wait: seconds that an item waits for others, at most, where the thread is free.
        """
        self._work, self._size, self._wait = work, size, wait
        self._entries: asyncio.Queue[_Entry[Item, Result] | None] = asyncio.Queue()  # None after the last
        self._thread = ThreadPoolExecutor(1, "tailprobe-inference")
        self._loop_of_batches: asyncio.Task[None] | None = None

    @property
    def works(self) -> bool:
        """Whether it has been started and is running."""
        return self._loop_of_batches is not None and not self._loop_of_batches.done()

    def start(self) -> None:
        """Begin to work, in the running event loop."""
        self._loop_of_batches = asyncio.create_task(self._run())

    async def run_in_thread(self, work: Callable[[], None]) -> None:
        """Run other work in the thread of the batches, and wait for it."""
        await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def submit(self, item: Item) -> Result:
        """Return the result of an item, worked on together with others; raises what the work raises.

        Where the caller is cancelled before its item is worked on, the item is left out.
        """
        loop = asyncio.get_running_loop()
        entry: _Entry[Item, Result] = _Entry(item, loop.create_future(), loop.time())
        self._entries.put_nowait(entry)
        return await entry.result

    async def close(self) -> None:
        """Finish what waits, then stop."""
        self._entries.put_nowait(None)
        if self._loop_of_batches is not None:
            await self._loop_of_batches
        self._thread.shutdown()

    async def _run(self) -> None:
        more = True
        while more:
            batch, more = await self._next_batch()
            wanted = [entry for entry in batch if not entry.result.done()]
            if wanted:
                await self._finish(wanted)

    async def _next_batch(self) -> tuple[list[_Entry[Item, Result]], bool]:
        """Return the next batch, and whether another may follow."""
        entry = await self._entries.get()
        batch: list[_Entry[Item, Result]] = []
        until = 0.0 if entry is None else entry.arrived + self._wait
        while entry is not None:
            batch.append(entry)
            if len(batch) == self._size:
                return batch, True
            try:
                entry = await self._soon(until)
            except TimeoutError:
                return batch, True
        return batch, False

    async def _soon(self, until: float) -> _Entry[Item, Result] | None:
        if not self._entries.empty():
            return self._entries.get_nowait()
        async with asyncio.timeout_at(until):
            return await self._entries.get()

    async def _finish(self, batch: Sequence[_Entry[Item, Result]]) -> None:
        loop = asyncio.get_running_loop()
        try:
            results = await loop.run_in_executor(self._thread, self._work, [entry.item for entry in batch])
        except Exception as error:
            if len(batch) > 1:  # one item may be at fault: the others are not to fail with it
                _LOG.warning("a batch of %d failed (%s); its items are worked on one by one", len(batch), error)
                for entry in batch:
                    await self._finish([entry])
            elif not batch[0].result.done():
                batch[0].result.set_exception(error)
            return
        for entry, result in zip(batch, results, strict=True):
            if not entry.result.done():
                entry.result.set_result(result)
