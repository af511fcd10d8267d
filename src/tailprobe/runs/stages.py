"""The finished stages of an unfinished run: stages.json.

A stage is finished when all its files exist and their digests are in the record. A resumed run uses these files as they
are; everything else is computed again, to the same bytes.
"""

import json
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tailprobe.files import file_digest, write_text
from tailprobe.runs.folder import RunFolder


class Stages:
    """The finished stages of a run, read from its folder and kept there.

    Args:
        folder: the run folder; the caller holds its lock.
        key: digest of everything that determines the files. Stages recorded under another key are discarded.
    """

    def __init__(self, folder: RunFolder, key: str) -> None:
        self._folder, self._key = folder, key
        known = _read(folder.stages, key)
        self._files: dict[str, dict[str, str]] = known["files"]
        self.record: dict[str, Any] | None = known["record"]
        self._seconds: float = known["seconds"]
        self._started = time.time()

    @property
    def seconds(self) -> float:
        """Seconds of computation: of earlier processes until their last finished stage, plus those of this one."""
        return self._seconds + time.time() - self._started

    @property
    def files(self) -> dict[str, str]:
        """The digest of every file of the finished stages, by its path in the folder."""
        return {path: digest for files in self._files.values() for path, digest in files.items()}

    def has(self, stage: str) -> bool:
        """Return whether a stage is finished and its files are unchanged since."""
        files = self._files.get(stage)
        return files is not None and all(_holds(self._folder.path / path, files[path]) for path in files)

    def finish(self, stage: str, files: Iterable[Path], *, record: dict[str, Any] | None = None) -> None:
        """Record that a stage is finished.

        Args:
            stage: its name.
            files: the files that it wrote, all in the folder.
            record: the content of run.json, if the stage has made it.
        """
        self._files[stage] = {self._folder.relative(path): file_digest(path) for path in files}
        self.record = self.record if record is None else record
        known = {"key": self._key, "files": self._files, "record": self.record, "seconds": self.seconds}
        write_text(self._folder.stages, json.dumps(known, indent=1, ensure_ascii=False))


def _read(path: Path, key: str) -> dict[str, Any]:
    """Return the content of the file; no stages if it is missing, damaged or has another key."""
    nothing: dict[str, Any] = {"files": {}, "record": None, "seconds": 0.0}
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
        files = {
            str(stage): {str(name): str(digest) for name, digest in of_stage.items()}
            for stage, of_stage in known["files"].items()
        }
        seconds = float(known["seconds"])
        return {"files": files, "record": known["record"], "seconds": seconds} if known["key"] == key else nothing
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return nothing


def _holds(path: Path, digest: str) -> bool:
    return path.is_file() and file_digest(path) == digest
