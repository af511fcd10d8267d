"""One process writes a run at a time; another is refused in one line, also by the command."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image

import commands
import tailprobe
from tailprobe.lock import locked_folder
from tailprobe.runs.lock import writing
from tailprobe.runs.run import Run
from tailprobe.runs.settings import Study
from tailprobe.study.execution import Execution
from tailprobe.study.run import run_study

HOLD = """
import sys, time
from pathlib import Path
from tailprobe.lock import locked_folder
with locked_folder(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


@contextmanager
def holding(script: str, path: Path) -> Iterator["subprocess.Popen[str]"]:
    """Let another process hold the lock of a path."""
    process = subprocess.Popen([sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture
def holder(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    with holding(HOLD, tmp_path) as process:
        yield process


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
            with locked_folder(tmp_path):
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


def refuse(path: Path, study: Study, *, computed: bool = False) -> None:
    with writing(path, study) as folder:
        folder.log_event("start")
        if computed:
            folder.heads.touch()
        raise tailprobe.InputError("no encoder is called so")


def test_a_refused_study_leaves_no_folder_behind(tmp_path: Path, study: Study) -> None:
    (tmp_path / "there").mkdir()
    for path in (tmp_path / "there", tmp_path / "above" / "run"):
        with pytest.raises(tailprobe.InputError, match="no encoder"):
            refuse(path, study)
    assert [path.name for path in tmp_path.rglob("*")] == ["there", "lock"]
    with pytest.raises(tailprobe.InputError, match="no encoder"):
        refuse(tmp_path / "run", study, computed=True)
    assert {path.name for path in (tmp_path / "run").iterdir()} == {
        "study.toml",
        "log.jsonl",
        "lock",
        "heads.safetensors",
    }


HOLD_FILE = HOLD.replace("locked_folder", "locked_file")


@pytest.mark.parametrize("what", ["report", "report elsewhere", "inspect", "embed"])
def test_commands_that_write_what_another_process_writes_are_refused(what: str, run: Run, tmp_path: Path) -> None:
    top = tmp_path / "images"
    colours = {"forest": (0, 90, 0), "water": (0, 0, 90)}
    for name, colour in colours.items():
        (top / name).mkdir(parents=True)
        for n in range(4):
            Image.new("RGB", (8, 8), (colour[0] + n, *colour[1:])).save(top / name / f"{n}.png")
    page = tmp_path / "p.html"
    copied, cache = tmp_path / "run", ["--cache", str(tmp_path / "cache")]
    shutil.copytree(run.folder.path, copied)
    hold, target, arguments = {
        "report": (HOLD, copied, ["report", str(copied)]),
        "report elsewhere": (HOLD_FILE, page, ["report", str(copied), "--out", str(page)]),
        "inspect": (HOLD, tmp_path / "i", ["inspect", str(top), "--out", str(tmp_path / "i"), *cache]),
        "embed": (HOLD_FILE, tmp_path / "x.npy", ["embed", str(top), "--export", str(tmp_path / "x.npy"), *cache]),
    }[what]
    (tmp_path / "i").mkdir()
    with holding(hold, target):
        refused = commands.run(*arguments)
    assert refused.returncode == 2
    assert "is being written by another process; wait" in " ".join(refused.stderr.split())
    assert "Traceback" not in refused.stderr
    again = commands.run(*arguments)
    assert again.returncode == 0, again.stderr
