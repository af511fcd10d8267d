"""Shards of embeddings on Ray Data: one encoder per worker, each shard computed and written by one worker."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import ray.data
import torch

from tailprobe.embeddings.log import ShardRecord
from tailprobe.embeddings.work import OnDone, ShardRecords, ShardWork, compute_shards
from tailprobe.encoders.encoder import Encoder
from tailprobe.engines.ray_cluster import Cluster
from tailprobe.errors import InputError

_ROUND = 4096  # shards handed to Ray at once: what they hold of names and labels waits in its object store


def embed_on_ray(
    work: ShardWork, encoder: Encoder, on_done: OnDone, *, load: Callable[[], Encoder] | None, cluster: Cluster
) -> ShardRecords:
    """Compute and write shards in workers, and yield the record of each as it is reported, in any order.

    A worker has a GPU of its own where the cluster has any, else a core. One that dies is started again by Ray, as
    often as need be, and costs the shard it was at.

    Args:
        work: what to compute.
        encoder: the encoder as it is loaded here; what a worker loads must be the same.
        on_done: called with the number of images of every finished shard.
        load: loads it in a worker; without it the encoder is sent.
        cluster: where.

    Raises:
        InputError: a worker loads another encoder (its weights or libraries differ), or an image cannot be read and
            `on_bad_image` is "error".
    """
    about = (dict(encoder.identity), torch.get_num_threads())
    made = (load, *about) if load is not None else ((lambda: encoder), *about)
    for some in _rounds(work):
        data = ray.data.from_items([{"work": part} for part in _parts(some)], override_num_blocks=len(some.shards))
        rows = data.map_batches(
            Worker,
            fn_constructor_args=made,
            batch_size=1,
            batch_format="numpy",
            num_cpus=0 if cluster.gpus else 1,
            num_gpus=1 if cluster.gpus else 0,
            concurrency=min(cluster.gpus or cluster.cpus, len(some.shards)),
        )
        for row in rows.iter_rows():
            if row["problem"]:
                raise InputError(row["problem"])
            record = ShardRecord(row["shard"], row["rows"], row["sha256"], tuple(json.loads(row["unreadable"])))
            on_done(record.rows)
            yield record


class Worker:
    """A process with one encoder, which computes and writes the shards it is given."""

    def __init__(self, load: Callable[[], Encoder], identity: Mapping[str, str], threads: int) -> None:
        torch.set_num_threads(threads)  # sums are taken in the same order as where the study was started
        self._encoder = load()
        self._problem = _difference(dict(self._encoder.identity), dict(identity))

    def __call__(self, batch: dict[str, np.ndarray]) -> dict[str, list[Any]]:
        """Return the records of the shards of a batch, or the problem with one."""
        done = [self._record(work) for work in batch["work"]]
        return {name: [record[name] for record in done] for name in done[0]}

    def _record(self, work: ShardWork) -> dict[str, Any]:
        record, problem = ShardRecord(-1, 0, "", ()), self._problem
        if not problem:
            try:
                (record,) = compute_shards(work, self._encoder, lambda images: None)
            except InputError as error:  # for the user to fix, so it is not retried
                problem = str(error)
        unreadable = json.dumps(record.unreadable)
        return {
            "shard": record.shard,
            "rows": record.rows,
            "sha256": record.sha256,
            "unreadable": unreadable,
            "problem": problem,
        }


def _rounds(work: ShardWork) -> Iterator[ShardWork]:
    places = list(work.shards)
    for start in range(0, len(places), _ROUND):
        yield replace(work, shards={i: work.shards[i] for i in places[start : start + _ROUND]})


def _parts(work: ShardWork) -> Iterator[ShardWork]:
    """Return the work of each shard with only its own images."""
    for index, rows in work.shards.items():
        images = work.images.rows(np.arange(rows.start, rows.stop))
        yield replace(work, images=images, shards={index: range(len(rows))})


def _difference(found: Mapping[str, str], expected: Mapping[str, str]) -> str:
    """Return how a worker's encoder differs from the store's, "" if it does not."""
    for name in sorted({*found, *expected}):
        if found.get(name) != expected.get(name):
            return (
                f"a Ray worker's encoder has {name} {found.get(name)!r}, where the study was started it is "
                f"{expected.get(name)!r}; install the same versions and weights on every machine"
            )
    return ""
