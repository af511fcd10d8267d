"""Fill a real disk at every step of every command, and see that nothing is lost.

    python -m benchmarks.full_disk --fills 60

A file system in memory (tmpfs) of 256 MB is mounted, and a small study is compared, reported, inspected, searched and
exported on it. Before one of its file operations the disk is filled, but for a random number of bytes; the command
must end in one line and exit code 2, without a traceback or a signal. Then there is room again, and the same command
goes on, until it has ended; every file must be, byte for byte, that of a command that nobody disturbed. The same with a
read-only file system, as a user without the right to write, and with a file where a folder should be.

Mounting takes a machine on which one is root; where it is refused, the command says so and ends with code 3.
"""

import argparse
import errno
import os
import random
import shutil
import stat
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.kills import (
    STUDY,
    WRITES,
    Case,
    be_deterministic,
    cases,
    contents,
    differences,
    draw_images,
    prepared,
    undisturbed,
    wait,
)
from tailprobe.cli import main as command

_SIZE_MB = 256
_MOST_LEFT = 400_000  # bytes that a filled disk may have left
_FILLS_A_RUN = 4  # then the command is left to end
_NOBODY = 65534
_BALLAST = "ballast"
_OPERATIONS = ("os.rename", "os.remove", "os.mkdir", "os.rmdir")


@dataclass
class Tally:
    """What happened."""

    refused: Counter[str] = field(default_factory=Counter)  # by command and way: ended in one line
    finished: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        lines = [f"{name}: refused {self.refused[name]} times in one line, {n} times to the end, every file equal"
                 for name, n in self.finished.items()]  # fmt: skip
        outcome = f"{len(self.faults)} faults" if self.faults else "no fault"
        return "\n".join([*lines, *self.faults, f"{self.refused.total()} refusals, {outcome}"])


def tour(*, fills: int, seed: int = 0) -> Tally:
    """Fill the disk that many times, then refuse to write in the other ways, once for each command."""
    tally, rng = Tally(), random.Random(seed)
    with tempfile.TemporaryDirectory() as name, _small_disk(Path(name) / "disk") as disk:
        top = Path(name)
        draw_images(top / "images", np.random.default_rng(0))
        every = [*cases(top), _search(top)]
        wanted = {case.name: undisturbed(case, top) for case in every}
        operations = {case.name: _count_operations(case, disk / "work") for case in every}
        round_robin = 0
        while tally.refused.total() + len(tally.faults) < fills:
            case = every[round_robin % len(every)]
            round_robin += 1
            _fill_again_and_again(case, disk / "work", operations[case.name], rng, tally)
            _compare(case, "full disk", disk / "work", wanted[case.name], tally)
        for case in every:
            for way, refuse in _WAYS.items():
                if way == "without rights" and not _nobody_has_python():
                    continue
                _refuse_once(case, way, refuse, disk / "work", tally)
                _compare(case, way, disk / "work", wanted[case.name], tally)
    return tally


def _search(top: Path) -> Case:
    options = [word for word in STUDY if word != "--quiet"]
    images, few = str(top / "images"), options[options.index("--seeds") :]
    return Case(
        "search",
        lambda folder: [
            "search", images, "--out", str(folder / "search"), "--cache", str(folder / "cache"), "--quiet", *few[:4],
        ],
    )  # fmt: skip


def _fill_again_and_again(case: Case, work: Path, operations: int, rng: random.Random, tally: Tally) -> None:
    """Fill the disk before random file operations of a command, make room, and let it end at last."""
    shutil.rmtree(work, ignore_errors=True)
    prepared(case, work)
    for _ in range(_FILLS_A_RUN):
        at, left = rng.randint(1, operations), int(rng.random() ** 3 * _MOST_LEFT)
        ended = _run(case, work, before=partial(_at_operation, at, partial(_fill, work.parent, left)))
        (work.parent / _BALLAST).unlink(missing_ok=True)
        if ended.code == 0:
            return
        _note(f"{case.name}, full disk", f"filled but for {left:,} bytes at operation {at}", ended, tally)
    _end(case, "full disk", work, tally)


def _refuse_once(case: Case, way: str, refuse: "Callable[[Path], Any]", work: Path, tally: Tally) -> None:
    """Refuse every write of a command from its beginning, allow them again, and let it end."""
    shutil.rmtree(work, ignore_errors=True)
    prepared(case, work)
    with refuse(work) as before:
        ended = _run(case, work, before=before)
    if ended.code != 0:
        _note(f"{case.name}, {way}", way, ended, tally)
    else:
        tally.faults.append(f"{case.name}, {way}: ended well though nothing could be written")
    _end(case, way, work, tally)


@dataclass(frozen=True)
class _Ended:
    code: int  # minus the signal that ended it
    lines: list[str]  # of stderr


def _note(name: str, how: str, ended: _Ended, tally: Tally) -> None:
    """Note a command that could not write: right is one line of its own, and code 2."""
    own = [line for line in ended.lines if line.startswith("tailprobe: ")]
    print(f"{name}: {how}: code {ended.code}, {''.join(ended.lines[-1:])}", flush=True)
    if ended.code == 2 and len(own) == 1 and own[0] == ended.lines[-1] and "Traceback" not in "".join(ended.lines):
        tally.refused[name] += 1
    else:
        tally.faults.append(f"{name}: {how}: code {ended.code}, {' / '.join(ended.lines[-3:])!r:.500}")


def _end(case: Case, way: str, work: Path, tally: Tally) -> None:
    ended = _run(case, work)
    if ended.code != 0:
        tally.faults.append(f"{case.name}, {way}: with room again code {ended.code}, {ended.lines[-1:]}")


def _compare(case: Case, way: str, work: Path, wanted: dict[str, bytes], tally: Tally) -> None:
    tally.finished[f"{case.name}, {way}"] += 1
    tally.faults += differences(f"{case.name}, {way}", wanted, contents(work))


def _run(case: Case, work: Path, *, before: Callable[[], None] = lambda: None) -> _Ended:
    """Run a command in a process of its own, in which `before` is called first."""
    with tempfile.TemporaryFile() as told:
        child = os.fork()
        if child == 0:
            _in_child(case, work, told.fileno(), before)
        code = wait(child)
        told.seek(0)
        return _Ended(code, told.read().decode(errors="replace").splitlines())


def _in_child(case: Case, work: Path, stderr: int, before: Callable[[], None]) -> None:
    code = 70
    try:
        be_deterministic()
        sys.argv = ["tailprobe", *case.arguments(work)]
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(stderr, 2)
        before()
        command()
        code = 0
    except SystemExit as end:
        code = int(end.code or 0) if not isinstance(end.code, str) else 1
    except BaseException:  # what a user would see
        import traceback

        traceback.print_exc()
        code = 1
    finally:
        sys.stderr.flush()
        os._exit(code)


def _count_operations(case: Case, work: Path) -> int:
    """Return how many file operations a command takes when nobody disturbs it."""
    shutil.rmtree(work, ignore_errors=True)
    prepared(case, work)
    counted = work.parent / "operations"

    def start() -> None:
        _at_operation(0, lambda: None, lambda done: counted.write_text(str(done)) if done % 5 == 0 else None)

    _run(case, work, before=start)
    return max(int(counted.read_text()) if counted.exists() else 0, 5)


def _at_operation(step: int, act: Callable[[], None], also: Callable[[int], Any] = lambda done: None) -> None:
    """Do something just before this process's file operation of that number, counted from 1."""
    done, busy = 0, False

    def count(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal done, busy
        opens = event == "open" and isinstance(arguments[2], int) and arguments[2] & WRITES
        if busy or not (opens or event in _OPERATIONS):
            return
        done, busy = done + 1, True  # what is done here is no operation of the command
        also(done)
        if done == step:
            act()
        busy = False

    sys.addaudithook(count)


def _fill(disk: Path, left: int) -> None:
    """Take all room of a disk but for some bytes."""
    free = os.statvfs(disk)
    size = max(free.f_bavail * free.f_frsize - left, 0)
    with (disk / _BALLAST).open("wb", buffering=0) as ballast:
        try:
            os.posix_fallocate(ballast.fileno(), 0, max(size, 1))
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise


@contextmanager
def _read_only(work: Path) -> Iterator[Callable[[], None]]:
    subprocess.run(["mount", "-o", "remount,ro", str(work.parent)], check=True)
    try:
        yield lambda: None
    finally:
        subprocess.run(["mount", "-o", "remount,rw", str(work.parent)], check=True)


@contextmanager
def _without_rights(work: Path) -> Iterator[Callable[[], None]]:
    def become_nobody() -> None:
        os.environ["HOME"] = "/nonexistent"
        os.setgroups([])
        os.setgid(_NOBODY)
        os.setuid(_NOBODY)

    for above in (work.parent, work.parent.parent):
        above.chmod(above.stat().st_mode | stat.S_IXOTH | stat.S_IROTH)
    yield become_nobody


def _nobody_has_python() -> bool:
    """Return whether another user may read this Python, as where it lies below root's home he may not."""
    child = os.fork()
    if child == 0:
        try:
            os.setgid(_NOBODY)
            os.setuid(_NOBODY)
            list(Path(os.__file__).parent.iterdir())
            list(Path(__file__).parent.iterdir())
        except OSError:
            print("without rights: left out, as another user may not read this Python", flush=True)
            os._exit(1)
        os._exit(0)
    return wait(child) == 0


@contextmanager
def _file_for_folder(work: Path) -> Iterator[Callable[[], None]]:
    aside = work.with_name("aside")
    work.rename(aside)
    work.write_text("somebody's own\n")
    try:
        yield lambda: None
    finally:
        work.unlink()
        aside.rename(work)


_WAYS = {"read-only": _read_only, "without rights": _without_rights, "file for a folder": _file_for_folder}


@contextmanager
def _small_disk(where: Path) -> Iterator[Path]:
    """Mount a small file system in memory; raises PermissionError where that is refused."""
    where.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={_SIZE_MB}m", "tailprobe", str(where)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise PermissionError(done.stderr.strip())
    try:
        yield where
    finally:
        subprocess.run(["umount", "--lazy", str(where)], check=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fills", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    try:
        result = tour(fills=given.fills, seed=given.seed)
    except PermissionError as refused:
        print(f"no file system may be mounted here ({refused}); run this as root, or in a container of your own")
        sys.exit(3)
    print(result)
    sys.exit(1 if result.faults else 0)
