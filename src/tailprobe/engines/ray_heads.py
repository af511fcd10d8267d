"""Heads as Ray tasks: embeddings and labels are put into the object store once, weights come back as arrays."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np
import ray
import torch
from ray.exceptions import RayTaskError

from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.engines.ray_cluster import Cluster
from tailprobe.errors import InputError
from tailprobe.labels import Labels
from tailprobe.training.head import Head, History
from tailprobe.training.kernels import Kernel, choose_kernel
from tailprobe.training.schedule import Finished, stacks, train_all
from tailprobe.training.task import HeadTask

_AHEAD = 2  # groups of heads sent out for every worker: one in training, one waiting

_WEIGHTS = ("hidden_weight", "hidden_bias", "output_weight", "output_bias")
Sent = tuple[int, list[np.ndarray], History]  # place in the group, weights and biases of both layers, losses


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
    groups = stacks(tasks, at_once=at_once if kernel.stack else 1)
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
            for place, weights, history in _got(ready):  # arrays of Ray's are not to be written to
                w1, b1, w2, b2 = (torch.from_numpy(part.copy()) for part in weights)
                course = replace(
                    history,
                    training_loss=history.training_loss.copy(),
                    validation_loss=history.validation_loss.copy(),
                )
                yield group[place], Head(w1, b1, w2, b2, course)
    finally:
        for left in running:
            ray.cancel(left, force=True)


def _train_group(stored: Embeddings, labels: Labels, group: Sequence[HeadTask], kernel: str) -> list[Sent]:
    """Train heads in a worker, on one thread."""
    place = {task.key: i for i, task in enumerate(group)}
    found = train_all({stored.encoder: stored}, labels, group, kernel=choose_kernel(kernel), at_once=len(group))
    return [(place[task.key], [getattr(head, name).numpy() for name in _WEIGHTS], head.history) for task, head in found]


def _got(ready: Any) -> list[Sent]:  # noqa: ANN401 - an ObjectRef
    try:
        return ray.get(ready)
    except RayTaskError as error:
        if isinstance(error.cause, InputError):  # a kernel that the worker's processor does not have
            raise error.cause from None
        raise
