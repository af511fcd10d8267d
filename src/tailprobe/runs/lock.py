"""The lock of a run folder: one process writes there at a time."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from tailprobe.errors import InputError
from tailprobe.files import make_folder, refusals_named, remove_partials
from tailprobe.runs.folder import RunFolder, claim, free_folder
from tailprobe.runs.settings import Study

_LOG = logging.getLogger(__name__)


@contextmanager
def writing(path: Path, study: Study) -> Iterator[RunFolder]:
    """Take a folder for a study, locked while the block runs, without what a killed process left half written.

    Where the block ends with an InputError before anything was computed, a new folder is given free again.

    Raises:
        InputError: as `free_folder` and `locked`, or nothing can be written there.
    """
    free_folder(path, study)
    make_folder(path)
    with locked(path):
        remove_partials(path)
        is_new = not RunFolder(path).study.exists()
        folder = claim(path, study)
        try:
            yield folder
        except InputError:
            if is_new:
                _release(folder)
            raise


def _release(folder: RunFolder) -> None:
    """Give a folder free in which nothing was computed, as an encoder that there is not is found only then."""
    if {path.name for path in folder.path.iterdir()} <= {"study.toml", "log.jsonl", "lock"}:
        folder.study.unlink(missing_ok=True)
        folder.log.unlink(missing_ok=True)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Lock a run folder while the block runs. The system releases the lock of a process that is killed.

    Raises:
        InputError: another process holds the lock, or the folder cannot be written to.
    """
    lock = FileLock(RunFolder(folder).lock)
    try:
        with refusals_named(folder):
            lock.acquire(blocking=False)
    except Timeout:
        raise InputError(
            f"{folder} is being written by another process; wait until that has ended, or give another folder"
        ) from None
    except NotImplementedError:
        _LOG.warning("%s: its file system has no locks; see that no other process writes there", folder)
    try:
        yield
    finally:
        lock.release()
