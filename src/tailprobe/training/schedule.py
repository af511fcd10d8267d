"""Which heads are trained when: one a core, or many in a stack. Heads come as they finish."""

import sys
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from typing import Protocol, runtime_checkable

import torch
from threadpoolctl import threadpool_limits

from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.labels import Labels
from tailprobe.training.fit import fit_head
from tailprobe.training.head import Head
from tailprobe.training.kernels import Kernel, Stack
from tailprobe.training.stacked import train_stack
from tailprobe.training.task import HeadTask

_TURN = 1e-4  # seconds; Python's own 5 ms leave a thread waiting for some ten of the other's calls of torch

Finished = Generator[tuple[HeadTask, Head], None, None]


@runtime_checkable
class TrainHeads(Protocol):
    """Trains heads, one a core or many in a stack, `at_once` at most."""

    def __call__(
        self,
        embeddings: Mapping[str, Embeddings],
        labels: Labels,
        tasks: Sequence[HeadTask],
        *,
        kernel: Kernel,
        at_once: int,
    ) -> Finished:
        """Yield every task with its head, in the order in which they finish."""


def train_all(
    embeddings: Mapping[str, Embeddings], labels: Labels, tasks: Sequence[HeadTask], *, kernel: Kernel, at_once: int
) -> Finished:
    """Yield every task with its head, in the order in which they finish."""
    if kernel.stack is not None:
        return _in_stacks(embeddings, labels, tasks, kernel.stack, at_once)
    return _one_by_one(embeddings, labels, tasks, kernel, at_once)


def stacks(tasks: Sequence[HeadTask], *, at_once: int) -> list[list[HeadTask]]:
    """Gather heads that can step together: of one encoder, width and batch size, those of like length side by side."""
    kinds: dict[tuple[str, int, int], list[HeadTask]] = {}
    for task in sorted(tasks, key=lambda task: -task.steps):
        kinds.setdefault((task.key.encoder, task.recipe.width, task.recipe.batch_size), []).append(task)
    return [kind[i : i + at_once] for kind in kinds.values() for i in range(0, len(kind), at_once)]


def _in_stacks(
    embeddings: Mapping[str, Embeddings], labels: Labels, tasks: Sequence[HeadTask], where: Stack, at_once: int
) -> Finished:
    with _one_thread_each():
        for stack in stacks(tasks, at_once=at_once):
            vectors = embeddings[stack[0].key.encoder].vectors
            resident = where.resident_bytes()
            yield from train_stack(
                vectors, labels, stack, device=where.device, precision=where.precision, resident_bytes=resident
            )


def _one_by_one(
    embeddings: Mapping[str, Embeddings], labels: Labels, tasks: Sequence[HeadTask], kernel: Kernel, at_once: int
) -> Finished:
    with _one_thread_each(), ThreadPoolExecutor(at_once) as pool:
        running = {
            pool.submit(fit_head, embeddings[task.key.encoder].vectors, labels, task, kernel=kernel): task
            for task in sorted(tasks, key=lambda task: -task.steps)
        }
        try:
            for future in as_completed(running):
                yield running[future], future.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


@contextmanager
def _one_thread_each() -> Iterator[None]:
    # Products of one head are too small to share between threads: heads are what is shared out. A stack on the
    # processor serves tests, and is better slow and the same everywhere.
    before, turn = torch.get_num_threads(), sys.getswitchinterval()
    torch.set_num_threads(1)
    sys.setswitchinterval(min(turn, _TURN))
    try:
        with threadpool_limits(1):
            yield
    finally:
        sys.setswitchinterval(turn)
        torch.set_num_threads(before)
