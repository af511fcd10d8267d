"""What people see while a command works."""

import io
import logging

import pytest
from rich.console import Console

from tailprobe.console import Bars

LOG = logging.getLogger("tailprobe.test")


def shown(*, terminal: bool, steps: int = 40) -> str:
    bars, stream = Bars(), io.StringIO()
    bars.console = bars._bars.live.console = Console(file=stream, force_terminal=terminal, width=100)
    with bars:
        for done in range(steps + 1):
            bars("train heads", done, steps)
        LOG.info("a [bold]%s[/bold]", "sentence")
    return stream.getvalue()


def test_without_a_terminal_a_stage_is_reported_in_tenths() -> None:
    lines = [line for line in shown(terminal=False).splitlines() if line.startswith("train heads")]
    assert [line.split(" of ")[0] for line in lines] == [f"train heads: {4 * tenth}" for tenth in range(11)]


def test_a_sentence_is_printed_as_it_is() -> None:
    assert "a [bold]sentence[/bold]" in shown(terminal=False)


def test_quiet_prints_nothing(capfd) -> None:
    with Bars(quiet=True) as bars:
        bars("train heads", 1, 2)
        LOG.warning("a sentence")
    assert capfd.readouterr() == ("", "")


def test_without_a_terminal_the_rate_and_the_time_left_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(0, 1000, 10))
    monkeypatch.setattr("tailprobe.console.time.monotonic", lambda: next(clock))
    lines = shown(terminal=False, steps=10).splitlines()
    assert any(line.startswith("train heads: 5 of 10 ") and line.endswith(" left") for line in lines)
    assert not any(line.endswith(" left") for line in lines if "0 of 10" in line or "10 of 10" in line)
