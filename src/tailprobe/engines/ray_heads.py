"""Heads as Ray tasks: embeddings and labels are put into the object store once, weights come back as arrays."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np
import ray
import torch

from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.engines.ray_cluster import Cluster, received
from tailprobe.labels import Labels
from tailprobe.learners.head import HEADS
from tailprobe.learners.history import FittedHead, History
from tailprobe.learners.loss import Link
from tailprobe.training.kernels import Kernel, choose_kernel
from tailprobe.training.schedule import Finished, reason_not_supported, stacks, train_all
from tailprobe.training.task import HeadTask

_AHEAD = 2  # groups of heads submitted per worker: one in training, one waiting

Sent = tuple[int, str, Link, dict[str, np.ndarray], History | None]  # place in the group, kind, link, tensors, history


def train_on_ray(
    embeddings: Mapping[str, Embeddings],
    labels: Labels,
    tasks: Sequence[HeadTask],
    *,
    kernel: Kernel,
    at_once: int,
    cluster: Cluster,
) -> Finished:
    """Yield every task with its head, in the order in which they finish.

    A task of Ray trains one head on one core, or a stack of `at_once` heads on a GPU. A worker that dies costs the
    heads it was at, which are trained again.
    """
    on_gpu = kernel.stack is not None and kernel.stack.device.type == "cuda"
    most = _AHEAD * (cluster.gpus if on_gpu else cluster.cpus)
    groups = _groups(tasks, kernel, at_once)
    waiting = iter(sorted(groups, key=lambda group: -group[0].steps))
    train = ray.remote(num_cpus=0 if on_gpu else 1, num_gpus=1 if on_gpu else 0)(_train_group)
    stored = {name: ray.put(replace(given, names=(), skipped=())) for name, given in embeddings.items()}
    truth = ray.put(labels)
    running: dict[Any, list[HeadTask]] = {}
    try:
        while True:
            for group in islice(waiting, most - len(running)):
                running[train.remote(stored[group[0].key.encoder], truth, group, kernel.name)] = group
            if not running:
                return
            (ready,), _ = ray.wait(list(running), num_returns=1)
            group = running.pop(ready)
            for place, kind, link, arrays, history in received(ready):  # arrays of Ray's are not to be written to
                tensors = {name: torch.from_numpy(array.copy()) for name, array in arrays.items()}
                yield group[place], FittedHead(HEADS.get(kind).from_tensors(tensors, link), _writable(history))
    finally:
        for left in running:
            ray.cancel(left, force=True)


def _train_group(stored: Embeddings, labels: Labels, group: Sequence[HeadTask], kernel: str) -> list[Sent]:
    """Train heads in a worker, on one thread."""
    place = {(task.key, task.member): i for i, task in enumerate(group)}
    trained = train_all({stored.encoder: stored}, labels, group, kernel=choose_kernel(kernel), at_once=len(group))
    return [
        (
            place[task.key, task.member],
            fitted.head.kind,
            fitted.head.link,
            {name: tensor.numpy() for name, tensor in fitted.head.tensors().items()},
            fitted.history,
        )
        for task, fitted in trained
    ]


def _groups(tasks: Sequence[HeadTask], kernel: Kernel, at_once: int) -> list[list[HeadTask]]:
    """Return what one task of Ray trains: a stack, or one head."""
    if kernel.stack is None:
        return [[task] for task in tasks]
    alone = [task for task in tasks if reason_not_supported(task, kernel)]
    return [*stacks([task for task in tasks if task not in alone], at_once=at_once), *([task] for task in alone)]


def _writable(history: History | None) -> History | None:
    """Return a history whose arrays are copies."""
    if history is None:
        return None
    arrays = ("training_loss", "validation_loss", "average_precision")
    return replace(history, **{name: getattr(history, name).copy() for name in arrays})
