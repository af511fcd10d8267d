"""Output of the command line: results, messages, and a progress bar for each stage.

Commands print only through `Terminal`, `print_text` and `print_error`: names of classes, files and methods come from
outside, and none of them may reach the terminal as a control sequence.
"""

import logging
import sys
import time
from collections.abc import Iterable
from types import TracebackType

from rich.console import Console, ConsoleOptions, RenderableType
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.segment import Segment

from tailprobe.log import handled
from tailprobe.printable import one_line, printable
from tailprobe.progress import duration

_SOON = 0.5  # seconds; a rate is not reliable before


class Terminal(Console):
    """Rich's console with control sequences in texts shown as escapes; its own colours stay."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Yield the segments of what is printed, with control characters in their texts escaped."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=printable(segment.text))


def print_text(text: object) -> None:
    """Print text on the standard output."""
    _write(printable(str(text)), error=False)


def print_error(text: str) -> None:
    """Print one line on the standard error."""
    _write(one_line(text), error=True)


def _write(text: str, *, error: bool) -> None:
    stream = sys.stderr if error else sys.stdout
    encoding = stream.encoding or "utf-8"
    stream.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
    stream.flush()


class Bars:
    """A `Progress` in the terminal, as a context manager. Messages logged meanwhile are printed above the bars."""

    def __init__(self, *, quiet: bool = False) -> None:
        """Prepare the bars; with `quiet` nothing is shown."""
        self.console = Terminal(quiet=quiet, stderr=True)
        self._bars = Progress(
            TextColumn("{task.description:<18}"),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=self.console,
            disable=quiet or not self.console.is_terminal,
        )
        self._stages: dict[str, _Stage] = {}

    def __enter__(self) -> "Bars":
        handler = logging.NullHandler() if self.console.quiet else _Notes(self.console)
        self._notes = handled(handler)
        self._notes.__enter__()
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()
        self._notes.__exit__(kind, error, trace)

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Show that `done` of `total` units of `stage` are finished."""
        if stage not in self._stages:
            task = self._bars.add_task(stage, total=total, completed=done, rate="")
            self._stages[stage] = _Stage(task, done, time.monotonic())
        state = self._stages[stage]
        rate = state.rate(done)
        self._bars.update(state.task, completed=done, total=total, rate=rate)
        if not self.console.is_terminal and state.should_log(done, total):
            line = f"{stage}: {done} of {total} {rate}{state.left(done, total)}"
            self.console.print(line.rstrip(), highlight=False, markup=False)


class _Notes(logging.Handler):
    """Prints logged messages, one per line."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self._console = console

    def emit(self, record: logging.LogRecord) -> None:
        self._console.print(record.getMessage(), highlight=False, markup=False)


class _Stage:
    def __init__(self, task: TaskID, first: int, started: float) -> None:
        self.task = task
        self._first = first
        self._started = started
        self._tenth = -1

    def rate(self, done: int) -> str:
        seconds = time.monotonic() - self._started
        return f"{(done - self._first) / seconds:,.1f}/s" if done > self._first and seconds > _SOON else ""

    def left(self, done: int, total: int) -> str:
        """Return the remaining time at this rate as text, empty if it is unknown or nothing remains."""
        seconds = time.monotonic() - self._started
        if not self._first < done < total or seconds <= _SOON:
            return ""
        return f", {duration(seconds / (done - self._first) * (total - done))} left"

    def should_log(self, done: int, total: int) -> bool:
        # A line for each tenth: enough to see that it is running, few enough for a log.
        tenth = 10 * done // max(total, 1)
        fresh = tenth > self._tenth
        self._tenth = max(tenth, self._tenth)
        return fresh
