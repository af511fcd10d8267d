"""All methods on real collections: run the studies, collect what they measured, write the tables of the docs.

    python -m benchmarks.leaderboard run DATA --out RUNS [--seeds 20] [--budget-minutes 180]
    python -m benchmarks.leaderboard collect RUNS
    python -m benchmarks.leaderboard write

DATA holds `eurosat/EuroSAT.zip`, `eurosat/mobilenet_v1_embeddings.npz` (`embeddings` times `scale`, `names`, `labels`)
and `mulan/*.arff`. `run` may be killed at any time: the same command goes on. `collect` reads the finished studies,
whichever they are, and stores what the tables need beside this file; `write` makes docs/leaderboard.md and its page.
"""

import argparse
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # one head a core, as the engine has it

from benchmarks.leaderboard.cells import EVERYTHING, chosen_cells
from benchmarks.leaderboard.collect import collect, store, stored
from benchmarks.leaderboard.docs import write
from benchmarks.leaderboard.run import Plan, run
from benchmarks.leaderboard.tables import studies
from tailprobe.errors import InputError
from tailprobe.study.execution import Execution, default_cache

_SHOWN_EVERY = 60  # seconds


def main() -> None:
    """Do one of the three steps."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    steps = parser.add_subparsers(required=True)
    _add_run(steps.add_parser("run", help="run the studies, or go on with them"))
    _add_collect(steps.add_parser("collect", help="read the finished studies and store what the tables need"))
    write_docs = steps.add_parser("write", help="write the tables and the page of the docs")
    write_docs.set_defaults(step=lambda given: write(*stored()))
    given = parser.parse_args()
    try:
        given.step(given)
    except InputError as error:
        sys.exit(f"error: {error}")


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(step=_run)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="folder of the run folders, 2 GB while a study runs")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--methods", default="all", help="e.g. 'family(loss), family(head)'; default: all")
    parser.add_argument("--without", default="", help="methods to leave out, by name, e.g. 'svm, dfr'")
    parser.add_argument("--sets", default="", help="e.g. 'eurosat-100, yeast'; default: all of the grid")
    parser.add_argument("--encoders", default="", help="e.g. descriptors; default: those of the grid")
    parser.add_argument("--trials", type=int, default=20, help="of the search, a method; 0: no tuned study")
    parser.add_argument("--budget-minutes", type=float, default=float("inf"), help="no study is begun after these")
    parser.add_argument("--workers", type=int, help="heads trained at a time; default: one a core")
    parser.add_argument("--cache", type=Path, default=default_cache(), help="of embeddings")
    parser.add_argument("--list", action="store_true", help="list the studies and which are finished, and run nothing")


def _run(given: argparse.Namespace) -> None:
    cells = chosen_cells(_names(given.sets), _names(given.encoders))
    cells = tuple(cell for cell in cells if given.trials or not cell.tuned)
    plan = Plan(
        data=given.data, out=given.out, cells=cells, methods=given.methods, without=_names(given.without),
        seeds=given.seeds, trials=given.trials, minutes=given.budget_minutes,
    )  # fmt: skip
    if given.list:
        for cell in cells:
            print(f"{cell}: {'finished' if plan.is_finished(cell) else 'to run'}")
        return
    left = run(plan, Execution(cache=given.cache, workers=given.workers), say=_say, progress=_Shown())
    _say(f"{len(cells) - left} of {len(cells)} studies are finished")


def _add_collect(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(step=_collect)
    parser.add_argument("runs", type=Path, help="the folder given to run as --out")


def _collect(given: argparse.Namespace) -> None:
    methods, seeds = collect(given.runs, EVERYTHING)
    store(methods, seeds)
    print(studies(methods).to_string(index=False))


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


class _Shown:
    """Prints how far a study is, once a minute."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def __call__(self, stage: str, done: int, total: int) -> None:
        if time.monotonic() - self._last > _SHOWN_EVERY:
            self._last = time.monotonic()
            _say(f"{stage}: {done} of {total}")


if __name__ == "__main__":
    main()
