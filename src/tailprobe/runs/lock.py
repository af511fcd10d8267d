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
    """Take a folder for a study, locked while the block runs, without what a killed process left half written.

    Where the block ends with an InputError before anything was computed, a new folder is given free again.

    Raises:
        InputError: as `free_folder` and `locked_folder`, or nothing can be written there.
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
    """Give a folder free in which nothing was computed, as an encoder that there is not is found only then."""
    if {path.name for path in folder.path.iterdir()} <= {"study.toml", "log.jsonl", "lock"}:
        folder.study.unlink(missing_ok=True)
        folder.log.unlink(missing_ok=True)
