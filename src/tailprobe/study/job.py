"""Job: a study in its run folder, with what it is computed by."""

from dataclasses import dataclass
from pathlib import Path

from tailprobe.progress import Progress
from tailprobe.runs.folder import RunFolder
from tailprobe.runs.settings import Study
from tailprobe.study.execution import Execution


@dataclass(frozen=True)
class Job:
    """What every stage of a study needs; the process that has it has locked the folder."""

    folder: RunFolder
    study: Study
    execution: Execution
    progress: Progress


def existing(*paths: Path) -> list[Path]:
    """Return the paths that exist, as a stage may leave a file out."""
    return [path for path in paths if path.exists()]
