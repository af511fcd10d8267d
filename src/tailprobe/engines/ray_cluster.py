"""The connection to a Ray cluster."""

import logging
import os
from dataclasses import dataclass

import ray
from ray.data import DataContext

_QUIET = logging.ERROR


@dataclass(frozen=True)
class Cluster:
    """What a cluster has, counted on connection."""

    cpus: int
    gpus: int


def connect() -> Cluster:
    """Connect to a cluster where this process has not yet; where there is none, start one on this machine.

    Ray's own search is followed: $RAY_ADDRESS, else a cluster that was started on this machine.
    """
    if not ray.is_initialized():
        # Nothing is told to anybody outside; no web server is opened.
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        ray.init(include_dashboard=False, log_to_driver=False, logging_level=_QUIET)
    logging.getLogger("ray.data").setLevel(_QUIET)
    context = DataContext.get_current()
    context.enable_progress_bars = False  # progress is told by the caller's own
    context.print_on_execution_start = False
    has: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
    return Cluster(max(1, int(has.get("CPU", 1))), int(has.get("GPU", 0)))
