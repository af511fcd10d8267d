"""The command `tailprobe` in a process of its own, where annotations are not checked, without its seconds of imports.

Each process is forked from a server that has imported what the commands need; see `fork_server`.
"""

import atexit
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from select import select
from typing import IO

import tailprobe

SOURCE = Path(tailprobe.__file__).parents[1]


@cache
def _server() -> "subprocess.Popen[str]":
    """Start the server of this process of tests; it ends with it."""
    line = [sys.executable, str(Path(__file__).with_name("fork_server.py"))]
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    server = subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
    atexit.register(server.__exit__, None, None, None)
    return server


def _pipes() -> tuple[IO[str], IO[str]]:
    server = _server()
    assert server.stdin is not None
    assert server.stdout is not None
    return server.stdin, server.stdout


@dataclass
class Started:
    """A command that runs."""

    pid: int
    returncode: int | None = None

    def poll(self) -> int | None:
        """Return how it ended, as `subprocess.Popen` has it, or None while it runs."""
        _, answers = _pipes()
        if self.returncode is None and select([answers], [], [], 0)[0]:
            self.wait()
        return self.returncode

    def wait(self) -> int:
        if self.returncode is None:
            self.returncode = int(_pipes()[1].readline())
        return self.returncode

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        self.wait()


@contextmanager
def started(
    *arguments: object,
    cwd: Path,
    stdout: str | Path = os.devnull,
    stderr: str | Path = os.devnull,
    largest_file: int | None = None,
) -> Iterator[Started]:
    """Start a command, one at a time; it is killed where it still runs at the end."""
    asked, answers = _pipes()
    request = {"arguments": list(map(str, arguments)), "cwd": str(cwd), "environment": dict(os.environ)}
    request |= {"stdout": str(stdout), "stderr": str(stderr), "largest_file": largest_file}
    asked.write(f"{json.dumps(request)}\n")
    asked.flush()
    process = Started(int(answers.readline()))
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()


def run(
    *arguments: object, cwd: Path | None = None, check: bool = False, largest_file: int | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run a command to its end, in a folder, with files of at most so many bytes."""
    with tempfile.TemporaryDirectory() as name:
        written = Path(name) / "stdout", Path(name) / "stderr"
        for path in written:
            path.touch()
        with started(
            *arguments, cwd=cwd or Path.cwd(), stdout=written[0], stderr=written[1], largest_file=largest_file
        ) as process:
            code = process.wait()
        texts = [path.read_text(encoding="utf-8") for path in written]
    done = subprocess.CompletedProcess(list(map(str, arguments)), code, *texts)
    assert not check or code == 0, done.stderr
    return done
