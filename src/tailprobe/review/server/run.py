"""Run the server until the user ends it."""

import secrets
import socket
from collections.abc import Callable
from contextlib import suppress

from tailprobe.errors import InputError
from tailprobe.review.server.guard import HOST
from tailprobe.review.session import Session


def check_extra() -> None:
    """Refuse to start where the optional part is missing, before anything is computed.

    Raises:
        InputError: FastAPI or uvicorn is not installed.
    """
    try:
        import fastapi  # noqa: F401
        import uvicorn  # noqa: F401
    except ImportError as error:
        raise InputError(
            f"tailprobe review needs {error.name}, which is not installed; pip install 'tailprobe[review]'"
        ) from None


def bind(port: int) -> socket.socket:
    """Return a socket on the loopback interface.

    Args:
        port: 0 for any that is free.

    Raises:
        InputError: the port is taken or not allowed.
    """
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((HOST, port))
        bound.listen()  # the address holds from here on: who opens it waits until the server answers
    except OSError as error:
        bound.close()
        raise InputError(f"--port {port}: cannot be used ({error.strerror}); choose another, or 0 for any") from None
    return bound


def serve(session: Session, *, port: int, ready: Callable[[str], None]) -> None:
    """Serve a review until Ctrl-C; requests that are being answered are finished.

    Args:
        ready: is given the address to open, with its token.
    """
    import uvicorn

    from tailprobe.review.server.app import make_app

    with bind(port) as bound:
        found, token = int(bound.getsockname()[1]), secrets.token_urlsafe(24)
        config = uvicorn.Config(
            make_app(session, token=token, port=found), log_level="error", access_log=False, server_header=False,
            timeout_graceful_shutdown=5,
        )  # fmt: skip
        ready(f"http://{HOST}:{found}/?token={token}")
        with suppress(KeyboardInterrupt):  # which uvicorn raises once more when it has ended well
            uvicorn.Server(config).run(sockets=[bound])
