"""The run folder: where everything of a study is kept, and how it is claimed."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from tailprobe.errors import InputError
from tailprobe.files import write_text, write_whole
from tailprobe.runs.check import to_arrow
from tailprobe.runs.schema import FORMAT
from tailprobe.runs.settings import Study, read_study, write_study


@dataclass(frozen=True)
class RunFolder:
    """The files of one run."""

    path: Path

    @property
    def study(self) -> Path:
        """The resolved settings; `tailprobe compare` on it repeats the run."""
        return self.path / "study.toml"

    @property
    def record(self) -> Path:
        """Versions, fingerprints, notes and times, JSON; written last, so its presence means the run is whole."""
        return self.path / "run.json"

    @property
    def heads(self) -> Path:
        """Every head's weights, safetensors."""
        return self.path / "heads.safetensors"

    @property
    def scores(self) -> Path:
        """Every head's logits on validation and test rows, Parquet."""
        return self.path / "scores.parquet"

    @property
    def figures(self) -> Path:
        """Figures as SVG and PNG."""
        return self.path / "figures"

    @property
    def duplicates(self) -> Path:
        """Images that are nearly the same, JSON; absent where there were too many images to compare them all."""
        return self.path / "duplicates.json"

    @property
    def recommendation(self) -> Path:
        """The recommended method, JSON; absent where no method was compared."""
        return self.path / "recommendation.json"

    @property
    def tables(self) -> Path:
        """Tables for papers and spreadsheets."""
        return self.path / "tables"

    @property
    def report(self) -> Path:
        """The page."""
        return self.path / "report.html"

    @property
    def checkpoints(self) -> Path:
        """Finished heads of an unfinished run."""
        return self.path / "checkpoints"

    @property
    def log(self) -> Path:
        """What happened when, a JSON object a line."""
        return self.path / "log.jsonl"

    def table(self, name: str) -> Path:
        """Return the path of a table of `schema.COLUMNS`."""
        return self.path / f"{name}.parquet"

    def write_table(self, name: str, table: pd.DataFrame) -> None:
        """Write a table of `schema.COLUMNS`; the file appears whole or not at all.

        Raises:
            ValueError: the table is not as the schema says. A fault of the program, not of the user.
        """
        arrow = to_arrow(name, table)
        with write_whole(self.table(name)) as partial:
            pq.write_table(arrow, partial)

    def read_table(self, name: str) -> pd.DataFrame:
        """Read a table.

        Raises:
            InputError: the file is missing or damaged.
        """
        try:
            return pd.read_parquet(self.table(name))
        except (OSError, ValueError) as error:
            raise InputError(
                f"{self.table(name)}: cannot be read ({error}); repeat the run from its study.toml"
            ) from None

    def write_record(self, record: Mapping[str, Any]) -> None:
        """Write run.json, which marks the run as whole: everything but its figures, tables and page is there."""
        write_text(self.record, json.dumps({"format": FORMAT, **record}, indent=1, ensure_ascii=False))

    def read_record(self) -> dict[str, Any]:
        """Read run.json.

        Raises:
            InputError: the file is damaged or of another format.
        """
        again = f"repeat the run: tailprobe compare {self.study} --out AGAIN"
        try:
            record: dict[str, Any] = json.loads(self.record.read_text(encoding="utf-8"))
            found = record.get("format")
        except (OSError, ValueError, AttributeError, RecursionError) as error:
            raise InputError(f"{self.record}: cannot be read ({error}); {again}") from None
        if found != FORMAT:
            raise InputError(
                f"{self.record}: expected a run of format {FORMAT}, got {found or 'one without a format'}; it was "
                f"written by another version of tailprobe. Open it with that version, or {again}"
            )
        return record

    def say(self, event: str, **fields: object) -> None:
        """Add a line to the log."""
        line = json.dumps({"time": round(time.time(), 3), "event": event, **fields}, default=str)
        with self.log.open("a", encoding="utf-8") as log:
            log.write(line + "\n")


def free_folder(path: Path, study: Study) -> RunFolder:
    """Return the run folder of a study, touching nothing: a new one, an empty one, or one where it was begun.

    Raises:
        InputError: the folder holds another study or somebody's other files, or is a file.
    """
    folder = RunFolder(path)
    if path.exists() and not path.is_dir():
        raise InputError(f"{path} is a file; give --out a folder")
    if path.is_dir() and any(path.iterdir()):
        if not folder.study.exists():
            raise InputError(f"{path} holds files that are no run of tailprobe; give --out a new or empty folder")
        if read_study(folder.study) != study:
            raise InputError(
                f"{path} holds a run with other settings (its study.toml differs); give --out another folder"
            )
    return folder


def claim(path: Path, study: Study) -> RunFolder:
    """Take a folder for a study and write its settings there; raises as `free_folder`."""
    folder = free_folder(path, study)
    if not folder.study.exists():
        path.mkdir(parents=True, exist_ok=True)
        write_study(study, folder.study)
    return folder
