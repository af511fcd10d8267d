"""Fine-tunings as Ray tasks: pixels and the network are put into the object store once.

A fine-tuning fits one worker, and there are several per seed: each is a task of its own. Ray Train would share one
among several workers, whose batches would then be other ones than on this machine.
"""

import copy
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import ray

from tailprobe.engines.ray_cluster import Cluster, received
from tailprobe.investigate.encoder.fit import Held
from tailprobe.investigate.encoder.tasks import TuningData, TuningResults, TuningTask, run_tuning


def fine_tune_on_ray(data: TuningData, tasks: Sequence[TuningTask], *, cluster: Cluster) -> TuningResults:
    """Yield every task with its result, in the order in which they finish.

    A task of Ray runs one fine-tuning, on one core or on a GPU. A worker that dies costs the fine-tuning it was at,
    which is run again.
    """
    device = "cuda" if cluster.gpus else "cpu"
    run = ray.remote(num_cpus=0 if cluster.gpus else 1, num_gpus=1 if cluster.gpus else 0)(_run_on)
    stored = ray.put(replace(data, network=copy.deepcopy(data.network).cpu()))
    running: dict[Any, TuningTask] = {run.remote(stored, task, device): task for task in tasks}
    try:
        while running:
            (ready,), _ = ray.wait(list(running), num_returns=1)
            validation, test = received(ready)
            yield running.pop(ready), (np.array(validation), np.array(test))  # arrays of Ray's are not to be written to
    finally:
        for left in running:
            ray.cancel(left, force=True)


def _run_on(data: TuningData, task: TuningTask, device: str) -> Held:
    """Fine-tune in a worker."""
    return run_tuning(replace(data, network=data.network.to(device)), task)
