"""The lock of a run folder: one process writes there at a time."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from tailprobe.errors import InputError
from tailprobe.files import make_folder, remove_partials
from tailprobe.lock import locked_folder
from tailprobe.runs.folder import RunFolder, claim, free_folder
from tailprobe.runs.settings import Study


@contextmanager
def writing(path: Path, study: Study) -> Iterator[RunFolder]:
    """Take a folder for a study and lock it while the block runs; partial files of killed processes are removed.

    If the block raises an InputError before anything was computed, a new folder is removed again, with those above it
    that were made for it; of a folder that was there, the settings, so that others can be tried in it.

    Raises:
        InputError: as `free_folder` and `locked_folder`, or the folder is not writable.
    """
    free_folder(path, study)
    made = [folder for folder in (path, *path.parents) if not folder.exists()]
    make_folder(path)
    with locked_folder(path):
        remove_partials(path)
        is_new = not RunFolder(path).study.exists()
        folder = claim(path, study)
        try:
            yield folder
        except InputError:
            if is_new:
                _release(folder, made)
            raise


def _release(folder: RunFolder, made: Sequence[Path]) -> None:
    """Remove settings, log and new folders if nothing was computed, as after an encoder that there is not."""
    if {path.name for path in folder.path.iterdir()} <= {"study.toml", "log.jsonl", "lock"}:
        folder.study.unlink(missing_ok=True)
        folder.log.unlink(missing_ok=True)
        if made:
            with suppress(OSError):  # Windows does not remove open files; others may have written into a folder above
                (folder.path / "lock").unlink()
                for path in made:
                    path.rmdir()
