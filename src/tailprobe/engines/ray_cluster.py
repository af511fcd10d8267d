"""The connection to a Ray cluster."""

import logging
import os
from dataclasses import dataclass
from typing import Any

import ray
from ray.data import DataContext
from ray.exceptions import RayTaskError

from tailprobe.errors import InputError

_QUIET = logging.ERROR


@dataclass(frozen=True)
class Cluster:
    """The resources of a cluster when it was connected."""

    cpus: int
    gpus: int


def connect() -> Cluster:
    """Connect to a cluster unless connected already; if there is none, start one on this machine.

    The cluster is found as Ray does: $RAY_ADDRESS, else a cluster that was started on this machine.
    """
    if not ray.is_initialized():
        # Telemetry is off and no web server is started.
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        ray.init(include_dashboard=False, log_to_driver=False, logging_level=_QUIET)
    logging.getLogger("ray.data").setLevel(_QUIET)
    context = DataContext.get_current()
    context.enable_progress_bars = False  # the caller shows progress
    context.print_on_execution_start = False
    has: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
    return Cluster(max(1, int(has.get("CPU", 1))), int(has.get("GPU", 0)))


def received(ready: Any) -> Any:  # noqa: ANN401 - an ObjectRef, and what its task returned
    """Return what a finished task returned.

    Raises:
        InputError: the task raised it, as of a kernel that the worker's processor does not have.
    """
    try:
        return ray.get(ready)
    except RayTaskError as error:
        if isinstance(error.cause, InputError):
            raise error.cause from None
        raise
