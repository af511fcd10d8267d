"""The lock of a run folder: one process writes there at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tailprobe.errors import InputError
from tailprobe.files import make_folder, remove_partials
from tailprobe.lock import locked_folder
from tailprobe.runs.folder import RunFolder, claim, free_folder
from tailprobe.runs.settings import Study


@contextmanager
def writing(path: Path, study: Study) -> Iterator[RunFolder]:
    """Take a folder for a study and lock it while the block runs; partial files of killed processes are removed.

    If the block raises an InputError before anything was computed, the settings are removed from a new folder, so that
    other settings can be tried in it.

    Raises:
        InputError: as `free_folder` and `locked_folder`, or the folder is not writable.
    """
    free_folder(path, study)
    make_folder(path)
    with locked_folder(path):
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
    """Remove settings and log if nothing was computed, as after an unknown encoder, which is found only then."""
    if {path.name for path in folder.path.iterdir()} <= {"study.toml", "log.jsonl", "lock"}:
        folder.study.unlink(missing_ok=True)
        folder.log.unlink(missing_ok=True)
