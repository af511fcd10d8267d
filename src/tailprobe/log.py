"""Logging: messages of long steps go to `logging`, each module under its own name below "tailprobe".

INFO: what a reader changed, what is measured, how heads are trained. WARNING: what is left out or waited for.
"""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tailprobe.printable import printable

LOGGER = logging.getLogger("tailprobe")


@contextmanager
def handled(handler: logging.Handler) -> Iterator[None]:
    """Send tailprobe's messages, INFO and above, to a handler in the block; also usable as a decorator."""
    level = LOGGER.level
    LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.INFO)
    try:
        yield
    finally:
        LOGGER.removeHandler(handler)
        LOGGER.setLevel(level)


@contextmanager
def printed_by_default() -> Iterator[None]:
    """Print messages while a function of the Python API runs, unless the user has configured logging.

    A handler on the logger "tailprobe" or the root logger counts as configuration, as does a level of "tailprobe":
    `logging.getLogger("tailprobe").setLevel("WARNING")` is enough to print nothing.
    """
    if LOGGER.hasHandlers() or LOGGER.level != logging.NOTSET:
        yield
        return
    printed = logging.StreamHandler(sys.stdout)  # made now: a notebook replaces sys.stdout for each cell
    printed.setFormatter(_Printable())
    with handled(printed):
        yield


class _Printable(logging.Formatter):
    """Escapes control characters in messages."""

    def format(self, record: logging.LogRecord) -> str:
        return printable(super().format(record))
