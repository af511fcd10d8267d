"""The history of a review on the disk: JSON lines that are only ever added, by any number of processes.

A line is added under a lock, in one write, and is on disk before the response. What a killed process left
of a line is passed over. Beside decisions the history knows the files that were written of it (`written`), so that a
table which is a review's own may be replaced and any other is not.
"""

import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from tailprobe.errors import InputError
from tailprobe.files import wrap_write_errors
from tailprobe.review.entries import DECISIONS, Decision, Entry, last_of

_WAIT = 20.0  # seconds for another process to add its line


def history_path(out: Path) -> Path:
    """Return the path of the review history, next to the table of labels."""
    return out.with_name(f"{out.name}.history.jsonl")


class History:
    """The entries of one review; every call first takes in what others have added."""

    def __init__(self, path: Path) -> None:
        """Open a history, a new one if there is none.

        Raises:
            InputError: the file is not a review history, or cannot be read.
        """
        self.path = path
        self.entries: list[Entry] = []
        self.written: set[str] = set()  # digests of files that were written of it
        self._offset = 0
        self._threads = threading.RLock()
        self._lock = FileLock(path.with_name(f".{path.name}.lock"), timeout=_WAIT)
        if path.exists():
            self.refresh()

    def refresh(self) -> None:
        """Take in what was added since; a last line that is not whole yet is left for the next time."""
        if not self.path.exists():
            return
        with self._threads:
            with self.path.open("rb") as file:
                file.seek(self._offset)
                text = file.read()
            whole = text[: text.rfind(b"\n") + 1]
            self._offset += len(whole)
            for line in whole.splitlines():
                self._take(line)

    def _take(self, line: bytes) -> None:
        try:
            fields = json.loads(line)
        except ValueError:  # what a killed process left of a line
            return
        if not isinstance(fields, dict):
            raise InputError(f"{self.path}: not a review history; give --out another name")
        if "written" in fields:
            self.written.add(str(fields["written"]))
            return
        self.entries.append(self._entry(fields))

    def _entry(self, fields: dict[str, Any]) -> Entry:
        try:
            entry = Entry(**fields)
        except TypeError as error:
            raise InputError(f"{self.path}: not a review history ({error}); give --out another name") from None
        if entry.decision not in DECISIONS:
            raise InputError(f"{self.path}: has the decision {entry.decision!r}; expected {', '.join(DECISIONS)}")
        return entry

    def add(self, reviewer: str, image: str, class_name: str, decision: Decision, *, seen: int = 0) -> Entry:
        """Add a decision and return it.

        Args:
            seen: the number of the last entry on the item that the reviewer saw.

        Raises:
            InputError: another process holds the lock for too long, or the file cannot be written.
        """

        def made(number: int) -> Entry:
            return Entry(number, _now(), reviewer, image, class_name, decision, seen)

        entry = self._append_entry(made)
        assert entry is not None
        return entry

    def undo(self, reviewer: str) -> Entry | None:
        """Undo a reviewer's last decision; return the undo entry, None if there is nothing to undo."""

        def made(number: int) -> Entry | None:
            last = last_of(self.entries, reviewer)
            if last is None:
                return None
            return Entry(number, _now(), reviewer, last.image, last.class_name, "undo", undoes=last.number)

        return self._append_entry(made)

    def add_written(self, digest: str) -> None:
        """Note the SHA-256 of a file that was written of the history."""
        with self._locked():
            self._append({"written": digest})
            self.refresh()

    def _append_entry(self, made: Callable[[int], Entry | None]) -> Entry | None:
        with self._locked():
            self.refresh()  # nobody else adds while the lock is held: the number is free
            entry = made(len(self.entries) + 1)
            if entry is not None:
                self._append(asdict(entry))
                self.refresh()
            return entry

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with self._threads:  # a file lock counts how often its own process holds it, and lets its threads in
            try:
                with wrap_write_errors(self.path):
                    self._lock.acquire()
            except Timeout:
                message = f"{self.path}: another process has locked it for {_WAIT:g} seconds; try again"
                raise InputError(message) from None
            try:
                yield
            finally:
                self._lock.release()

    def _append(self, fields: dict[str, Any]) -> None:
        line = json.dumps(fields).encode("ascii") + b"\n"  # half a surrogate pair of a file name too
        with wrap_write_errors(self.path), self.path.open("a+b") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - 1))
            cut = file.read(1) not in (b"", b"\n")  # the last line of a process that was killed
            file.write(b"\n" + line if cut else line)
            file.flush()
            with suppress(OSError):  # some network file systems do not
                os.fsync(file.fileno())


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
