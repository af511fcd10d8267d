"""Locks: one process at a time writes a file or a folder; the system releases the lock of a killed process."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from tailprobe.errors import InputError
from tailprobe.files import wrap_write_errors

_LOG = logging.getLogger(__name__)


@contextmanager
def locked_by(lock_file: Path, *, what: Path) -> Iterator[None]:
    """Hold a lock file while the block runs.

    Args:
        lock_file: created if it is missing.
        what: the path that is written meanwhile, for messages.

    Raises:
        InputError: another process holds the lock, or the lock file cannot be written.
    """
    lock = FileLock(lock_file)
    try:
        with wrap_write_errors(what):
            lock.acquire(blocking=False)
    except Timeout:
        raise InputError(
            f"{what} is being written by another process; wait until it has ended, or choose another place"
        ) from None
    except NotImplementedError:
        _LOG.warning("%s: its file system has no locks; make sure that no other process writes there", what)
    try:
        yield
    finally:
        lock.release()


@contextmanager
def locked_folder(folder: Path) -> Iterator[None]:
    """Lock a folder while the block runs, by the file `lock` in it; raises as `locked_by`."""
    with locked_by(folder / "lock", what=folder):
        yield


@contextmanager
def locked_file(path: Path) -> Iterator[None]:
    """Lock a file that is written, or a folder that is replaced, with a hidden file next to it; raises as `locked_by`.

    The hidden file is removed before the lock is released, so that a process which opened it meanwhile finds it locked.
    """
    lock_file = path.with_name(f".{path.name}.lock")
    with locked_by(lock_file, what=path):
        try:
            yield
        finally:
            with suppress(OSError):  # Windows does not remove open files
                lock_file.unlink()
