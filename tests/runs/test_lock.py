"""One process writes a run at a time; another is refused in one line, also by the command."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import tailprobe
from tailprobe.runs.lock import locked, writing
from tailprobe.runs.settings import Study
from tailprobe.study.execution import Execution
from tailprobe.study.run import run_study

HOLD = """
import sys, time
from pathlib import Path
from tailprobe.runs.lock import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def holder(tmp_path: Path) -> "subprocess.Popen[str]":
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_second_process_is_refused_in_one_line(holder: "subprocess.Popen[str]", tmp_path: Path, study: Study) -> None:
    with pytest.raises(tailprobe.InputError, match="is being written by another process") as refused:
        run_study(study, tmp_path, Execution(cache=tmp_path / "cache"))
    assert "\n" not in str(refused.value)
    assert not (tmp_path / "study.toml").exists()


def test_the_lock_of_a_killed_process_is_free(holder: "subprocess.Popen[str]", tmp_path: Path) -> None:
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    deadline = time.monotonic() + 60
    while True:
        try:
            with locked(tmp_path):
                return
        except tailprobe.InputError:
            assert time.monotonic() < deadline
            time.sleep(0.01)


def test_a_folder_that_was_only_locked_counts_as_empty(tmp_path: Path, study: Study) -> None:
    (tmp_path / "lock").touch()
    (tmp_path / ".study.toml.partial").write_text("[st")
    (tmp_path / "study.toml").touch()  # a full disk, or a power cut
    with writing(tmp_path, study) as folder:
        assert not (tmp_path / ".study.toml.partial").exists()
        assert 'source = "' in folder.study.read_text()
