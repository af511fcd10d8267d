"""Which heads are trained when: one per core, or many in a stack. Heads are yielded as they finish."""

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
from tailprobe.training.shared import SharedFits
from tailprobe.training.stacked.stack import train_stack
from tailprobe.training.task import HeadTask

_TURN = 1e-4  # seconds; with Python's default of 5 ms a thread waits for about ten torch calls of another

Finished = Generator[tuple[HeadTask, FittedHead], None, None]


@runtime_checkable
class TrainHeads(Protocol):
    """A function that trains heads, at most `at_once` at a time, one per core or many in a stack."""

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
    embeddings: Mapping[str, Embeddings],
    labels: Labels,
    tasks: Sequence[HeadTask],
    *,
    kernel: Kernel,
    at_once: int,
    shared: SharedFits | None = None,
) -> Finished:
    """Yield every task with its head, in the order in which they finish; tasks that a stack does not support are last.

    Args:
        embeddings: by encoder, row i of each for image i.
        labels: (N, C), of the same images.
        tasks: the heads to train.
        kernel: what trains them.
        at_once: heads in training at a time, at most.
        shared: what heads of the same splits have computed in earlier calls; by default nothing.
    """
    shared = SharedFits() if shared is None else shared
    if kernel.stack is None:
        yield from _one_by_one(embeddings, labels, tasks, kernel, at_once, shared)
        return
    together = [task for task in tasks if reason_not_supported(task, kernel) is None]
    alone = [task for task in tasks if reason_not_supported(task, kernel) is not None]
    yield from _in_stacks(embeddings, labels, together, kernel.stack, at_once)
    yield from _one_by_one(embeddings, labels, alone, kernel, min(at_once, cores()), shared)


def reason_not_supported(task: HeadTask, kernel: Kernel) -> str | None:
    """Return why a kernel does not train a task, for the log; None if it does."""
    return kernel.supports(task) if isinstance(task.learner, TrainingPlan) else "the method fits its head directly"


def stacks(tasks: Sequence[HeadTask], *, at_once: int) -> list[list[HeadTask]]:
    """Group heads that can step together: of one encoder, width, batch size and link, and of similar length."""
    kinds: dict[tuple[str, int, int, str], list[HeadTask]] = {}
    for task in sorted(tasks, key=lambda task: -task.steps):
        recipe = task.effective_recipe
        kinds.setdefault((task.key.encoder, recipe.width, recipe.batch_size, task.plan.link), []).append(task)
    return [kind[i : i + at_once] for kind in kinds.values() for i in range(0, len(kind), at_once)]


def _in_stacks(
    embeddings: Mapping[str, Embeddings], labels: Labels, tasks: Sequence[HeadTask], where: Stack, at_once: int
) -> Finished:
    with one_thread_each():
        for stack in stacks(tasks, at_once=at_once):
            vectors = embeddings[stack[0].key.encoder].vectors
            resident = where.resident_bytes()
            yield from train_stack(
                vectors, labels, stack, device=where.device, precision=where.precision, resident_bytes=resident
            )


def _one_by_one(
    embeddings: Mapping[str, Embeddings],
    labels: Labels,
    tasks: Sequence[HeadTask],
    kernel: Kernel,
    at_once: int,
    shared: SharedFits,
) -> Finished:
    with one_thread_each(), ThreadPoolExecutor(at_once) as pool:
        running = {
            pool.submit(
                fit_head,
                embeddings[task.key.encoder].vectors,
                labels,
                task,
                kernel=_kernel_for(task, kernel),
                shared=shared,
            ): task
            for task in sorted(tasks, key=lambda task: -task.steps)
        }
        try:
            for future in as_completed(running):
                yield running[future], future.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _kernel_for(task: HeadTask, kernel: Kernel) -> Kernel:
    return GENERAL if kernel.stack is not None or reason_not_supported(task, kernel) else kernel


@contextmanager
def one_thread_each() -> Iterator[None]:
    """Let products of matrices take one thread each, for several heads at once, and equal bytes on any machine."""
    # Products of one head are too small for several threads, so each thread has a head. A stack on the processor is
    # for tests, where equal results matter more than speed.
    before, turn = torch.get_num_threads(), sys.getswitchinterval()
    torch.set_num_threads(1)
    sys.setswitchinterval(min(turn, _TURN))
    try:
        with threadpool_limits(1):
            yield
    finally:
        sys.setswitchinterval(turn)
        torch.set_num_threads(before)
