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
from tailprobe.learners.history import FittedHead
from tailprobe.learners.plan import TrainingPlan
from tailprobe.processor import cores
from tailprobe.training.fit import fit_head
from tailprobe.training.kernels import GENERAL, Kernel, Stack
from tailprobe.training.stacked.stack import train_stack
from tailprobe.training.task import HeadTask

_TURN = 1e-4  # seconds; Python's own 5 ms leave a thread waiting for some ten of the other's calls of torch

Finished = Generator[tuple[HeadTask, FittedHead], None, None]


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
    """Yield every task with its head, in the order in which they finish; what a stack does not support comes last."""
    if kernel.stack is None:
        yield from _one_by_one(embeddings, labels, tasks, kernel, at_once)
        return
    together = [task for task in tasks if reason_not_supported(task, kernel) is None]
    alone = [task for task in tasks if reason_not_supported(task, kernel) is not None]
    yield from _in_stacks(embeddings, labels, together, kernel.stack, at_once)
    yield from _one_by_one(embeddings, labels, alone, kernel, min(at_once, cores()))


def reason_not_supported(task: HeadTask, kernel: Kernel) -> str | None:
    """Say why a kernel does not train a task, in words for the log, or return None where it does."""
    return kernel.supports(task) if isinstance(task.learner, TrainingPlan) else "a head of its own, fitted directly"


def stacks(tasks: Sequence[HeadTask], *, at_once: int) -> list[list[HeadTask]]:
    """Gather heads that can step together: of one encoder, width, batch size and link, like lengths side by side."""
    kinds: dict[tuple[str, int, int, str], list[HeadTask]] = {}
    for task in sorted(tasks, key=lambda task: -task.steps):
        recipe = task.effective_recipe
        kinds.setdefault((task.key.encoder, recipe.width, recipe.batch_size, task.plan.link), []).append(task)
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
            pool.submit(fit_head, embeddings[task.key.encoder].vectors, labels, task, kernel=_who(task, kernel)): task
            for task in sorted(tasks, key=lambda task: -task.steps)
        }
        try:
            for future in as_completed(running):
                yield running[future], future.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _who(task: HeadTask, kernel: Kernel) -> Kernel:
    return GENERAL if kernel.stack is not None or reason_not_supported(task, kernel) else kernel


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
