"""The log of a store: one JSON record per complete shard, added when its file is finished."""

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from tailprobe.files import wrap_write_errors, write_text


@dataclass(frozen=True)
class ShardRecord:
    """Summary of a complete shard, known without opening it."""

    shard: int
    rows: int
    sha256: str  # of the file
    unreadable: tuple[int, ...]  # rows of the shard whose image could not be read


class ShardLog:
    """The records of a log file, by shard; read once, then extended by the process that holds the lock of the store.

    A truncated or malformed line is ignored: its shard is computed again. Records are appended; of two records of one
    shard the later counts. `repair` rewrites the file in the order of the shards, so that a finished store has the same
    bytes whatever order the shards were added in.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
        found = [_parse(line) for line in text.splitlines()]
        self.records = {record.shard: record for record in sorted((f for f in found if f), key=lambda f: f.shard)}
        self._in_order = text == _text(self.records.values())
        self._last = max(self.records, default=-1)
        self._is_truncated = bool(text) and not text.endswith("\n")

    def add(self, record: ShardRecord) -> None:
        """Add a record, or replace that of the same shard; it is on disk when this returns."""
        if self._is_truncated:  # a line after a truncated one would be lost with it
            self.repair()
        self._in_order = self._in_order and record.shard > self._last
        self._last = max(self._last, record.shard)
        self.records[record.shard] = record
        with wrap_write_errors(self._path), self._path.open("a", encoding="utf-8") as file:
            file.write(_text([record]))
            file.flush()
            os.fsync(file.fileno())

    def repair(self) -> None:
        """Rewrite the file unless it holds exactly the valid records in order."""
        if self._in_order:
            return
        self.records = dict(sorted(self.records.items()))
        write_text(self._path, _text(self.records.values()))
        self._in_order, self._is_truncated = True, False


def _text(records: Iterable[ShardRecord]) -> str:
    return "".join(json.dumps(asdict(record)) + "\n" for record in records)


def _parse(text: str) -> ShardRecord | None:
    try:
        found = json.loads(text)
        record = ShardRecord(
            int(found["shard"]), int(found["rows"]), str(found["sha256"]), tuple(map(int, found["unreadable"]))
        )
    except (ValueError, TypeError, KeyError):
        return None
    return record if record.shard >= 0 and record.rows >= 0 else None
