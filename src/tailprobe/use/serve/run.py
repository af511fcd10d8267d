"""Run the application under uvicorn, until a signal stops it."""

import math
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from tailprobe.errors import InputError
from tailprobe.use.serve.settings import ServerSettings

_GRACE = 5  # seconds after the last request must be answered


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that takes connections; they wait until a server runs.

    Args:
        port: 0 for any that is free.

    Raises:
        InputError: another program has the port, or the machine has no such address.
    """
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except (OSError, OverflowError) as error:
        raise InputError(
            f"cannot listen on {host}, port {port} ({error}); pass another --port, or an address of this machine"
        ) from None


def server_of(app: FastAPI, settings: ServerSettings) -> uvicorn.Server:
    """Return a server that has not begun; after a signal, or `should_exit`, it finishes what it has taken on."""
    return uvicorn.Server(
        uvicorn.Config(
            app, http="h11", ws="none", lifespan="on", access_log=False, log_level="warning", server_header=False,
            timeout_graceful_shutdown=math.ceil(settings.limits.seconds) + _GRACE,
        )
    )  # fmt: skip


def run_server(server: uvicorn.Server, listening: socket.socket) -> None:
    """Serve until a signal requests a stop."""
    with _stopped_by_signals():
        try:
            server.run(sockets=[listening])
        except KeyboardInterrupt:  # uvicorn raises again what stopped it, after it has stopped
            return
        except SystemExit as ended:
            if ended.code != 0:
                raise


@contextmanager
def _stopped_by_signals() -> Iterator[None]:
    """Make SIGTERM, by which containers are stopped, a regular end."""
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
