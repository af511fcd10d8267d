"""Where the notes of a long step go: to `logging`, each module under its own name below "tailprobe".

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
    """Send the notes to a handler for a while; it works as a decorator too."""
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
    """Print the notes while a function of the Python API works, unless the user has set logging up otherwise.

    That is any handler on the logger "tailprobe" or the root logger, or a level of "tailprobe":
    `logging.getLogger("tailprobe").setLevel("WARNING")` is enough to have no notes.
    """
    if LOGGER.hasHandlers() or LOGGER.level != logging.NOTSET:
        yield
        return
    printed = logging.StreamHandler(sys.stdout)  # made now: a notebook puts its own stream there for each cell
    printed.setFormatter(_Printable())
    with handled(printed):
        yield


class _Printable(logging.Formatter):
    """Shows names in a note as text that no terminal obeys."""

    def format(self, record: logging.LogRecord) -> str:
        return printable(super().format(record))
