"""Download published weights with short timeouts, so that a missing network is reported within seconds."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from huggingface_hub import constants as hub

TIMEOUT = 5.0  # seconds that a server has to answer


@contextmanager
def offline_if_unreachable() -> Iterator[None]:
    """Use only the Hugging Face hub's cache if the hub does not answer, instead of a minute of retries.

    Raises:
        ConnectionError: the block failed and the hub does not answer.
    """
    problem = "" if hub.HF_HUB_OFFLINE else _problem()
    before = hub.HF_HUB_OFFLINE
    hub.HF_HUB_OFFLINE = before or bool(problem)
    try:
        yield
    except Exception as error:
        if problem:
            raise ConnectionError(f"{hub.ENDPOINT} cannot be reached: {problem}") from error
        raise
    finally:
        hub.HF_HUB_OFFLINE = before


@contextmanager
def socket_timeout() -> Iterator[None]:
    """Set a timeout of `TIMEOUT` seconds for connections of libraries that set none."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(TIMEOUT)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def _problem() -> str:
    """Return why the hub does not answer; empty if it does, with any status."""
    problems = [f"no answer in {TIMEOUT:g} s"]
    # Looking up a name has no time limit of its own, hence a thread that is left behind.
    thread = threading.Thread(target=_send_head_request, args=(problems,), daemon=True)
    thread.start()
    thread.join(TIMEOUT + 1)
    return problems[-1]


def _send_head_request(problems: list[str]) -> None:
    from huggingface_hub import get_session  # slow to import

    try:
        get_session().head(hub.ENDPOINT, timeout=TIMEOUT)
        problems.append("")
    except Exception as error:  # the HTTP library differs between versions of the hub's
        problems.append(" ".join(str(error).split()) or type(error).__name__)
