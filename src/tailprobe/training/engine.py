"""The engine: every head of a study in one call."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np

from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.errors import InputError
from tailprobe.labels import Labels
from tailprobe.progress import Progress, silent
from tailprobe.training.head import Head, Heads
from tailprobe.training.kernels import choose_kernel
from tailprobe.training.memory import plan_resources
from tailprobe.training.schedule import TrainHeads, train_all
from tailprobe.training.storage import load_heads, save_heads
from tailprobe.training.task import HeadKey, HeadTask


def train(
    embeddings: Mapping[str, Embeddings],
    labels: Labels,
    tasks: Sequence[HeadTask],
    *,
    kernel: str = "auto",
    workers: int | None = None,
    checkpoints: Path | None = None,
    progress: Progress = silent,
    schedule: TrainHeads = train_all,
) -> Heads:
    """Train every head of a study.

    A head's numbers depend on its task, its data and the kernel alone: not on the other tasks, their order, or the
    workers. In a stack, where products of many heads are one call of a library, that holds within float tolerance.

    Args:
        embeddings: by encoder, row i of each for image i.
        labels: (N, C), of the same images.
        tasks: the heads to train, keys distinct.
        kernel: what trains a head, see `choose_kernel`; heads of two kernels differ in their last digits.
        workers: heads trained at once, each on one thread or all in one stack; by default one a core, or every head
            that can step together, and fewer where memory is short.
        checkpoints: a folder in which each finished head is kept, so that an interrupted call goes on from there; a
            head is taken from it only if everything that decides its numbers is the same.
        progress: told about heads done.
        schedule: trains the heads that are not done, here or elsewhere; checkpoints are kept here.

    Returns:
        The heads in the order of the tasks.

    Raises:
        InputError: tasks with equal keys, embeddings that do not fit the labels or are neither float32 nor float16, or
            a kernel that this machine does not have.
    """
    chosen = choose_kernel(kernel)
    _check(embeddings, labels, tasks)
    done: dict[HeadKey, Head] = {}
    left: dict[HeadTask, str] = {}
    truth = labels.digest()
    for task in tasks:
        digest = task.digest(embeddings[task.key.encoder].fingerprint, truth, chosen.name)
        head = _restore(checkpoints, digest)
        if head is None:
            left[task] = digest
        else:
            done[task.key] = head
    progress("train heads", len(done), len(tasks))
    resources = plan_resources(embeddings, labels, list(left), kernel=chosen, workers=workers)
    with closing(schedule(embeddings, labels, list(left), kernel=chosen, at_once=resources.workers)) as finished:
        for task, head in finished:
            done[task.key] = head
            _keep(checkpoints, left[task], task.key, head, labels.classes)
            progress("train heads", len(done), len(tasks))
    return Heads({task.key: done[task.key] for task in tasks})


def _check(embeddings: Mapping[str, Embeddings], labels: Labels, tasks: Sequence[HeadTask]) -> None:
    if len({task.key for task in tasks}) != len(tasks):
        raise InputError("two heads of one study have the same encoder, method, seed and recipe")
    for name, stored in embeddings.items():
        if len(stored) != len(labels):
            raise InputError(f"{len(stored)} rows of {name} embeddings do not fit {len(labels)} rows of labels")
        if stored.vectors.dtype not in (np.float32, np.float16):
            raise InputError(f"{name} embeddings are {stored.vectors.dtype}; heads are trained on float32 or float16")


def _restore(checkpoints: Path | None, digest: str) -> Head | None:
    path = None if checkpoints is None else checkpoints / f"{digest}.safetensors"
    if path is None or not path.exists():
        return None
    return next(iter(load_heads(path)[0].values()))


def _keep(checkpoints: Path | None, digest: str, key: HeadKey, head: Head, classes: tuple[str, ...]) -> None:
    if checkpoints is not None:
        checkpoints.mkdir(parents=True, exist_ok=True)
        save_heads({key: head}, checkpoints / f"{digest}.safetensors", classes=classes)
