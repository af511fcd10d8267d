"""The log of a store: one line for every complete shard, added when its file is whole."""

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TextIO


@dataclass(frozen=True)
class Line:
    """What is known of a complete shard without opening it."""

    shard: int
    rows: int
    sha256: str  # of the file
    unreadable: tuple[int, ...]  # rows of the shard whose image could not be read


class ShardLog:
    """The lines of a log file, by shard; read once, then added to by the one process that holds the store's lock.

    A line that is torn or not ours is as good as none: its shard is then computed again. Lines are added at the end, of
    two of one shard the later counts; `mend` brings the file into the order of the shards, so that a store ends with
    the same bytes whatever the order they were added in.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
        found = [_parsed(line) for line in text.splitlines()]
        self.lines = {line.shard: line for line in sorted((f for f in found if f), key=lambda f: f.shard)}
        self._in_order = text == _text(self.lines.values())
        self._last = max(self.lines, default=-1)
        self._torn = bool(text) and not text.endswith("\n")

    def add(self, line: Line) -> None:
        """Add a line, or replace that of the same shard; it is on the disk when this returns."""
        if self._torn:  # a line after it would be lost with it
            self.mend()
        self._in_order = self._in_order and line.shard > self._last
        self._last = max(self._last, line.shard)
        self.lines[line.shard] = line
        with self._path.open("a", encoding="utf-8") as file:
            _write(file, _text([line]))

    def mend(self) -> None:
        """Write the file anew where it is not exactly its good lines in order."""
        if self._in_order:
            return
        self.lines = dict(sorted(self.lines.items()))
        partial = self._path.with_suffix(".partial")
        with partial.open("w", encoding="utf-8") as file:
            _write(file, _text(self.lines.values()))
        partial.replace(self._path)
        self._in_order, self._torn = True, False


def _write(file: TextIO, text: str) -> None:
    file.write(text)
    file.flush()
    os.fsync(file.fileno())


def _text(lines: Iterable[Line]) -> str:
    return "".join(json.dumps(asdict(line)) + "\n" for line in lines)


def _parsed(text: str) -> Line | None:
    try:
        found = json.loads(text)
        line = Line(int(found["shard"]), int(found["rows"]), str(found["sha256"]), tuple(map(int, found["unreadable"])))
    except (ValueError, TypeError, KeyError):
        return None
    return line if line.shard >= 0 and line.rows >= 0 else None
