"""Kill commands at random moments and at every step of their files, repeat them, and compare every byte.

    python -m benchmarks.kills --kills 200

A small study is compared, reported, inspected and exported. Each command is killed by SIGKILL again and again: after a
random time, or just before one of its file operations (a rename, a removal, a file opened for writing), until it ends;
then every file that it left must be, byte for byte, that of a process that nobody disturbed. log.jsonl, which tells
the story of the run, is left out; clocks stand still, so that recorded times do not differ.
"""

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import tailprobe.report.write
import tailprobe.study.run  # noqa: F401
from tailprobe.cli import main as command
from tailprobe.embeddings import compute, store

_CLASSES = {"forest": 24, "water": 12, "mine": 6}  # images of each
STUDY = (
    "--methods", "reweight(5), oversample(largest), ensemble(2) + undersample(4), logit_adjust, knn", "--seeds", "2",
    "--epochs", "2", "--width", "8", "--batch-size", "16", "--low-frequency", "named(mine)", "--quiet",
)  # fmt: skip
WRITES = os.O_WRONLY | os.O_RDWR


@dataclass
class Tally:
    """What happened, and when it is enough."""

    wanted: int  # kills
    deadline: float  # by the monotonic clock
    kills: Counter[str] = field(default_factory=Counter)  # by command
    finished: Counter[str] = field(default_factory=Counter)
    differences: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        lines = [f"{name}: {self.kills[name]} kills, {self.finished[name]} times to the end" for name in self.finished]
        return "\n".join([*lines, *self.differences, f"{self.kills.total()} kills, {self.outcome}"])

    @property
    def enough(self) -> bool:
        """Whether there were as many kills as wanted, or the time is over."""
        return self.kills.total() >= self.wanted or time.monotonic() > self.deadline

    @property
    def outcome(self) -> str:
        return f"{len(self.differences)} differences" if self.differences else "every file equal every time"


@dataclass(frozen=True)
class Case:
    """A command, and what it needs before it is killed."""

    name: str
    arguments: Callable[[Path], Sequence[str]]  # of the folder in which it works
    prepare: Callable[[Path], None] = lambda folder: None
    steps: int = 300  # it is killed before one of its first so many file operations
    seconds: float = 9.0  # or after so many seconds at most


def soak(*, kills: int, seed: int = 0, minutes: float = 60.0, figures: str = "all") -> Tally:
    """Kill that many processes, or fewer where the time is over, and compare what the commands leave."""
    tally, rng = Tally(kills, time.monotonic() + 60 * minutes), random.Random(seed)
    with tempfile.TemporaryDirectory() as name:
        top = Path(name)
        draw_images(top / "images", np.random.default_rng(0))
        every = list(cases(top, figures))
        wanted = {case.name: undisturbed(case, top) for case in every}
        turns = _turns(every)
        while not tally.enough:
            case = next(turns)
            shutil.rmtree(top / "work", ignore_errors=True)
            _to_the_end(case, top / "work", rng, tally)
            tally.finished[case.name] += 1
            tally.differences += differences(case.name, wanted[case.name], contents(top / "work"))
    return tally


def _turns(cases: Sequence[Case]) -> Iterator[Case]:
    """Yield the comparison every other time: it has most of the stages."""
    while True:
        for case in cases[1:]:
            yield cases[0]
            yield case


def cases(top: Path, figures: str) -> Iterator[Case]:
    images, finished, study = str(top / "images"), top / "compare", (*STUDY, "--figures", figures)

    def compare(folder: Path) -> Sequence[str]:
        return ["compare", images, "--out", str(folder / "run"), "--cache", str(folder / "cache"), *study]

    def copy(folder: Path) -> None:
        shutil.copytree(finished, folder)
        shutil.rmtree(folder / "run" / "figures")  # a finished run whose figures were removed

    yield Case("compare", compare)
    yield Case("compare, to be drawn again", compare, copy)
    yield Case("report", lambda folder: ["report", str(folder / "run")], copy, steps=8, seconds=2)
    yield Case(
        "inspect",
        lambda folder: ["inspect", images, "--out", str(folder / "inspection"), "--cache", str(folder), "--quiet"],
        steps=40,
        seconds=3,
    )
    yield Case(
        "embed",
        lambda folder: [
            "embed", images, "--cache", str(folder / "cache"), "--export", str(folder / "x.npy"), "--overwrite",
            "--quiet",
        ],
        steps=25,
        seconds=2,
    )  # fmt: skip


def undisturbed(case: Case, top: Path) -> dict[str, bytes]:
    folder = top / case.name
    prepared(case, folder)
    code = wait(_start(case.arguments(folder), kill_at=0))
    if code != 0:
        raise RuntimeError(f"{case.name} ended with {code} though nobody killed it")
    return contents(folder)


def prepared(case: Case, folder: Path) -> None:
    case.prepare(folder)
    folder.mkdir(exist_ok=True)


def _to_the_end(case: Case, folder: Path, rng: random.Random, tally: Tally) -> None:
    """Kill a command until it ends by itself, or until it is enough; then let it end."""
    prepared(case, folder)
    while True:
        enough = tally.enough
        by_step = rng.random() < 0.6
        child = _start(case.arguments(folder), kill_at=0 if enough or not by_step else rng.randint(1, case.steps))
        code = wait(child, None if enough or by_step else rng.uniform(0, case.seconds))
        if code == -signal.SIGKILL:
            tally.kills[case.name] += 1
            continue
        if code != 0:
            tally.differences.append(f"{case.name}: ended with {code} after {tally.kills[case.name]} kills")
        return


def _start(arguments: Sequence[str], *, kill_at: int) -> int:
    """Run a command in a process of its own, killed just before its file operation `kill_at`, counted from 1."""
    child = os.fork()
    if child:
        return child
    code = 70
    try:
        be_deterministic()
        if kill_at:
            _kill_at(kill_at)
        sys.argv = ["tailprobe", *arguments]
        with Path(os.devnull).open("w") as nothing:
            os.dup2(nothing.fileno(), 1)
        command()
        code = 0
    except SystemExit as end:
        code = int(end.code or 0) if not isinstance(end.code, str) else 1
    finally:
        os._exit(code)


def be_deterministic() -> None:
    """Stop the clocks whose times are recorded, and store embeddings in small shards."""
    time.time = time.perf_counter = lambda: 0.0
    compute.SHARD = store.SHARD = 16


def _kill_at(step: int) -> None:
    left = step

    def count(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal left
        opens = event == "open" and isinstance(arguments[2], int) and arguments[2] & WRITES
        if opens or event in ("os.rename", "os.remove", "os.mkdir", "os.rmdir"):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)


def wait(child: int, seconds: float | None = None) -> int:
    """Wait for a process, kill it after so many seconds, and return its code; minus the signal that ended it."""
    deadline = None if seconds is None else time.monotonic() + seconds
    while True:
        ended, status = os.waitpid(child, 0 if deadline is None else os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        if deadline is not None and time.monotonic() > deadline:
            os.kill(child, signal.SIGKILL)
            deadline = None
        time.sleep(0.002)


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder, with the folder's own name taken out of what they say."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != "log.jsonl"]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(files)}


def differences(case: str, wanted: dict[str, bytes], found: dict[str, bytes]) -> list[str]:
    lines = [f"{case}: {name} is missing" for name in wanted if name not in found]
    lines += [f"{case}: {name} is left over" for name in found if name not in wanted]
    return lines + [f"{case}: {name} differs" for name in wanted if name in found and wanted[name] != found[name]]


def draw_images(folder: Path, rng: np.random.Generator) -> None:
    for place, (name, count) in enumerate(_CLASSES.items()):
        (folder / name).mkdir(parents=True)
        for i in range(count):
            noise = rng.normal(60 + 60 * place, 40, (16, 16, 3)).clip(0, 255)
            Image.fromarray(noise.astype(np.uint8)).save(folder / name / f"{i}.png")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--figures", choices=("svg", "all"), default="all")
    given = parser.parse_args()
    result = soak(kills=given.kills, seed=given.seed, minutes=given.minutes, figures=given.figures)
    print(result)
    sys.exit(1 if result.differences else 0)
