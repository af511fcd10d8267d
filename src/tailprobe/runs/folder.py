"""The run folder: its files, their digests, and how a study takes a folder for its run."""

import hashlib
import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from tailprobe.errors import InputError, how_to_read
from tailprobe.files import file_digest, is_partial, make_folder, wrap_write_errors, write_text, write_whole
from tailprobe.runs.check import describe_missing, to_arrow
from tailprobe.runs.schema import DRAWN, FORMAT, LARGE
from tailprobe.runs.settings import Study, as_read, read_study, write_study

_OWN = ("format", "files", "digest")  # entries of run.json that `write_record` adds


@dataclass(frozen=True)
class RunFolder:
    """Paths of the files of one run, and methods that read and write them."""

    path: Path  # of the folder

    @property
    def study(self) -> Path:
        """The settings, TOML; `tailprobe compare study.toml` repeats the run."""
        return self.path / "study.toml"

    @property
    def record(self) -> Path:
        """Versions, fingerprints, notes and times, JSON; written last, so it exists only if the run is complete."""
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
        """Folder of figures: SVG, PNG and PDF."""
        return self.path / "figures"

    @property
    def duplicates(self) -> Path:
        """Near duplicates, JSON; absent if there are too many images to compare every pair."""
        return self.path / "duplicates.json"

    @property
    def recommendation(self) -> Path:
        """The recommended method, JSON; absent if no method was compared."""
        return self.path / "recommendation.json"

    @property
    def tables(self) -> Path:
        """Folder of tables for papers and spreadsheets."""
        return self.path / "tables"

    @property
    def report(self) -> Path:
        """The page, HTML."""
        return self.path / "report.html"

    @property
    def investigations(self) -> Path:
        """What `tailprobe investigate` found about this run's collection, a folder each; no part of the run."""
        return self.path / "investigations"

    @property
    def checkpoints(self) -> Path:
        """Finished heads of an unfinished run."""
        return self.path / "checkpoints"

    @property
    def stages(self) -> Path:
        """The finished stages of an unfinished run, JSON."""
        return self.path / "stages.json"

    @property
    def lock(self) -> Path:
        """The file that the writing process locks."""
        return self.path / "lock"

    @property
    def log(self) -> Path:
        """Log of events with their times, JSON lines."""
        return self.path / "log.jsonl"

    def table(self, name: str) -> Path:
        """Return the path of a table of `schema.COLUMNS`."""
        return self.path / f"{name}.parquet"

    def write_table(self, name: str, table: pd.DataFrame) -> None:
        """Write a table of `schema.COLUMNS` atomically.

        Raises:
            ValueError: the table does not match the schema: a bug in tailprobe, not an error of the user.
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
            way_out = how_to_read(error, "repeat the run from its study.toml")
            raise InputError(f"{self.table(name)}: cannot be read ({error}); {way_out}") from None

    def relative(self, path: Path) -> str:
        """Return the path of a file within the folder, as run.json names it."""
        return path.relative_to(self.path).as_posix()

    def write_record(self, record: Mapping[str, Any], files: Mapping[str, str]) -> None:
        """Write run.json, which marks the run as complete.

        Args:
            record: see `runs.schema.RECORD`; its entries `format`, `files` and `digest` are replaced.
            files: the SHA-256 of each of the run's files by its path in the folder.
        """
        whole = {"format": FORMAT, **{key: value for key, value in record.items() if key not in _OWN}}
        whole["files"] = dict(sorted(files.items()))
        write_text(self.record, json.dumps({**whole, "digest": _digest(whole)}, indent=1, ensure_ascii=False))

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
            raise InputError(f"{self.record}: cannot be read ({error}); {how_to_read(error, again)}") from None
        if found != FORMAT:
            raise InputError(
                f"{self.record}: expected a run of format {FORMAT}, got {found or 'one without a format'}; it was "
                f"written by another version of tailprobe. Open it with that version, or {again}"
            )
        if record.get("digest") != _digest({key: value for key, value in record.items() if key != "digest"}):
            raise InputError(f"{self.record}: has changed since the run was written; restore it, or {again}")
        return record

    def refuse_other_tables(self) -> None:
        """Refuse the tables of another version, which may have written the same format before it was released.

        Raises:
            InputError: a table or a column of this version is absent.
        """
        absent = describe_missing(self.path)
        if absent:
            raise InputError(
                f"{self.path}: was written by another version of tailprobe and lacks {absent}. Open it with that "
                f"version, or repeat the run: tailprobe compare {self.study} --out AGAIN"
            )

    def check_files(self, files: Mapping[str, str], names: Iterable[str]) -> None:
        """Compare files with their digests in run.json.

        Args:
            files: SHA-256 by path, as in `write_record`.
            names: paths of the files to compare.

        Raises:
            InputError: a file is missing or has changed; the message names it.
        """
        for name in names:
            path = self.path / name
            if not path.is_file():
                raise InputError(f"{path}: is missing; {self._how_to_restore(name)}")
            if file_digest(path) != files[name]:
                raise InputError(f"{path}: has changed since the run was written; {self._how_to_restore(name)}")

    def _how_to_restore(self, name: str) -> str:
        if is_drawn(name):
            return "move it away, and the same command draws it again"
        return f"restore it, or repeat the run: tailprobe compare {self.study} --out AGAIN"

    def update_digest(self, path: Path) -> None:
        """Update the digest of a rewritten file in run.json; an unfinished run has no run.json, so nothing is done."""
        if self.record.exists():
            record = self.read_record()
            self.write_record(record, {**record["files"], self.relative(path): file_digest(path)})

    def log_event(self, event: str, **fields: object) -> None:
        """Append an event with its time to the log."""
        line = json.dumps({"time": round(time.time(), 3), "event": event, **fields}, default=str)
        with wrap_write_errors(self.log), self.log.open("a+b") as log:
            log.seek(max(0, log.seek(0, 2) - 1))
            cut = log.read(1) not in (b"", b"\n")  # the last line of a process that was killed
            log.write((b"\n" if cut else b"") + line.encode() + b"\n")


def is_drawn(name: str) -> bool:
    """Return whether a file, by its path in the folder, is made from the others: a figure, a table or the page."""
    return name.partition("/")[0] in DRAWN


def is_large(name: str) -> bool:
    """Return whether a file may be large; its digest is then compared only when it is read."""
    return name in LARGE


def digests(folder: RunFolder, files: Iterable[Path]) -> dict[str, str]:
    """Return the SHA-256 of files of a run by their paths in its folder, as `RunFolder.write_record` takes them."""
    return {folder.relative(path): file_digest(path) for path in files}


def free_folder(path: Path, study: Study) -> RunFolder:
    """Return the run folder of a study without writing anything: a new, an empty, or one with a run of this study.

    An empty study.toml, as a power cut or a full disk may leave it, counts as missing.

    Raises:
        InputError: `path` is a file, or a folder with another study or other files.
    """
    folder = RunFolder(path)
    if path.exists() and not path.is_dir():
        raise InputError(f"{path} is a file; give --out a folder")
    with wrap_write_errors(path):
        others = [file for file in path.iterdir() if not _is_left_over(file)] if path.is_dir() else []
    if others and not folder.study.exists():
        raise InputError(f"{path} contains files that are not a run of tailprobe; give --out a new or empty folder")
    if others and read_study(folder.study, allow_code=True) != as_read(study, folder.study):
        raise InputError(f"{path} holds a run with other settings (its study.toml differs); give --out another folder")
    return folder


def claim(path: Path, study: Study) -> RunFolder:
    """Take a folder for a study and write its settings there.

    Raises:
        InputError: as `free_folder`.
    """
    folder = free_folder(path, study)
    if _is_empty(folder.study) or not folder.study.exists():
        make_folder(path)
        write_study(study, folder.study)
    return folder


def _is_left_over(path: Path) -> bool:
    """Return whether a file may be left by a process that was killed before it wrote the settings."""
    return path.name == "lock" or is_partial(path) or (path.name == "study.toml" and _is_empty(path))


def _is_empty(path: Path) -> bool:
    return path.is_file() and path.stat().st_size == 0


def _digest(record: Mapping[str, Any]) -> str:
    """Return the digest of the record itself."""
    return hashlib.sha256(json.dumps(record, sort_keys=True, ensure_ascii=True).encode()).hexdigest()
