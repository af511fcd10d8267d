"""Runs the studies of the leaderboard, one after the other, each in its own run folder."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from benchmarks.leaderboard.cells import Cell
from benchmarks.leaderboard.data import Data, load
from tailprobe.errors import InputError
from tailprobe.labels import Kind
from tailprobe.methods.given import lacking, what_encoder_has
from tailprobe.methods.lookup import parse_methods
from tailprobe.progress import Progress, silent
from tailprobe.runs.folder import RunFolder
from tailprobe.runs.settings import Study, read_study
from tailprobe.study.execution import Execution
from tailprobe.study.run import run_study
from tailprobe.study.tuning import run_search
from tailprobe.training.search import SearchSpace

Say = Callable[[str], None]
ENCODERS_HAVE = what_encoder_has(text=False, parts=1)
SEARCH_SEEDS = 2  # of the search for settings


@dataclass(frozen=True)
class Plan:
    """What is run, on which data, and where."""

    data: Path
    out: Path
    cells: Sequence[Cell]
    methods: str = "all"
    without: tuple[str, ...] = ()  # names of methods that are left out
    seeds: int = 20
    trials: int = 20  # of the search, for each method
    minutes: float = float("inf")  # no study is begun after these

    def folder(self, cell: Cell) -> RunFolder:
        """Return the run folder of a study."""
        return RunFolder(self.out / str(cell))

    def is_finished(self, cell: Cell) -> bool:
        """Whether a study has been finished, in this call or an earlier one."""
        return self.folder(cell).record.exists()


def run(plan: Plan, execution: Execution, say: Say = print, progress: Progress = silent) -> int:
    """Run the studies that are not finished, in order, until all are done or the time is over.

    A study that was interrupted, at any moment, goes on where it stopped. The weights of the heads of a finished study
    are removed, a gigabyte a study: no table is made from them.

    Returns:
        How many studies are left.
    """
    started = time.monotonic()
    for cell in plan.cells:
        if not plan.is_finished(cell):
            if time.monotonic() - started > 60 * plan.minutes:
                say(f"the time is over; the same command goes on with {cell}")
                break
            say(f"{cell}: begins")
            since = time.monotonic()
            try:
                _run(cell, plan, execution, progress)
            except InputError as error:  # one study that cannot be run must not keep the others from it
                say(f"{cell}: left out: {error}")
                continue
            say(f"{cell}: done, {(time.monotonic() - since) / 60:.1f} minutes in this call")
        plan.folder(cell).heads.unlink(missing_ok=True)
    return sum(not plan.is_finished(cell) for cell in plan.cells)


def _run(cell: Cell, plan: Plan, execution: Execution, progress: Progress) -> None:
    data = load(cell, plan.data)
    study = study_of(cell, data, plan)
    embeddings = None if data.embeddings is None else {cell.encoder: data.embeddings}
    if cell.tuned:
        search = partial(run_search, images=data.images, embeddings=embeddings, progress=progress)
        study = _tuned(cell, study, plan, execution, search)
    out = plan.folder(cell).path
    run_study(study, out, execution, images=data.images, embeddings=embeddings, drawn=False, progress=progress)


def study_of(cell: Cell, data: Data, plan: Plan) -> Study:
    """Return the settings of a study with default arguments: trained until the validation result stops improving."""
    return Study(
        source=str(data.source),
        long_tail=cell.ratio,
        encoders=(cell.encoder,),
        methods=methods_of(cell, plan),
        seeds=plan.seeds,
        questions=("calibration",),
        figures="none",
        no_images=True,
        title=cell.set,
    )


def methods_of(cell: Cell, plan: Plan) -> tuple[str, ...]:
    """Return the methods of a study: those defined for its labels that need neither class names nor a fused encoder."""
    kind: Kind = "single-label" if cell.is_eurosat else "multi-label"
    usable = [
        str(method)
        for method in parse_methods([plan.methods], kind=kind)
        if kind in method.kinds and not lacking(method, {cell.encoder: ENCODERS_HAVE})
    ]
    return tuple(method for method in usable if method.partition("(")[0] not in plan.without)


def _tuned(cell: Cell, study: Study, plan: Plan, execution: Execution, search: Callable[..., object]) -> Study:
    """Return the settings that a search finds, of as many trials for each method."""
    out = plan.out / f"{cell}--search"
    found = out / "best-0.toml"
    if not found.exists():
        searched = replace(study, seeds=SEARCH_SEEDS, split="stratified")
        search(searched, SearchSpace(trials=plan.trials), out, execution)
    return replace(read_study(found), seeds=study.seeds, split=study.split)
