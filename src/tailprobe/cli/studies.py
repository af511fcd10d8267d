"""Make a study from the command line arguments, and run it with its progress shown."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tailprobe.cli.arguments import Source
from tailprobe.cli.settings import Given
from tailprobe.cli.show import show_result
from tailprobe.console import Bars, print_text
from tailprobe.datasets.storage.url import absolute
from tailprobe.learners.recipe import Recipe
from tailprobe.runs.code import NAMES_CODE, refuse_code
from tailprobe.runs.settings import Option, Study, default_encoders, read_study
from tailprobe.study.execution import Execution

if TYPE_CHECKING:
    from tailprobe.runs.run import Run
    from tailprobe.tracking.tracker import Tracker


def study_of(source: Source, given: Given) -> Study:
    """Return the study of the command line arguments, which override the settings of a study file.

    Code that is named on the command line may run; code that a study file names only if the source allows it.

    Raises:
        InputError: as `Study` and `read_study`.
    """
    if source.data.endswith(".toml"):
        study = read_study(Path(source.data), allow_code=True)
        if not source.allow_code:
            refuse_code(study, where=source.data, fields=NAMES_CODE - set(given.study))
        return _changed(study, source.reader, given)
    data, reader = absolute(source.data), {"format": "auto", **source.reader}
    settings = dict(given.study)
    if "encoders" not in settings:
        settings["encoders"] = default_encoders(data, str(reader["format"]))
    return Study(source=data, reader=reader, recipe=Recipe(**given.recipe), **settings)


def smoke_test(study: Study) -> Study:
    """Return the study with at most two seeds and one epoch; it takes seconds, and its results mean nothing."""
    seeds = 2 if study.seeds == "auto" else min(study.seeds, 2)
    return replace(study, seeds=seeds, recipe=replace(study.recipe, epochs=1))


def run_and_show(study: Study, out: Path, execution: Execution, *, quiet: bool, metric: str | None = None) -> "Run":
    """Run a study with its progress on the terminal, and print its averages and verdicts."""
    from tailprobe.study.run import run_study

    with Bars(quiet=quiet) as bars:
        result = run_study(study, out, execution, progress=bars)
    show_result(result, metric or study.metric)
    return result


def print_dry_run(study: Study, execution: Execution, *, quiet: bool) -> None:
    """Print what a study would compute and how long that would take."""
    from tailprobe.study.dry_run import dry_run_study

    with Bars(quiet=quiet):
        lines = dry_run_study(study, execution)
    for line in lines:
        print_text(line)


def trackers_of(names: list[str] | None) -> "list[Tracker]":
    """Return the trackers by name, after checking that each can be reached."""
    from tailprobe.tracking.tracker import choose_tracker

    trackers = [choose_tracker(name) for name in dict.fromkeys(names or [])]
    for tracker in trackers:
        tracker.check()
    return trackers


def track(result: "Run", trackers: "list[Tracker]") -> None:
    """Log a run to each tracker and print where it is there."""
    for tracker in trackers:
        print_text(tracker.track(result))


def _changed(study: Study, reader: Mapping[str, Option], given: Given) -> Study:
    """Return a study with settings replaced by the command line arguments."""
    encoders = given.study.get("encoders", study.encoders)
    weights = {name: file for name, file in study.weights.items() if name in encoders}
    margin = {"margin": "auto"} if "metric" in given.study else {}  # a margin is of one metric
    changes = {"weights": weights} | margin | given.study
    return replace(study, reader={**study.reader, **reader}, recipe=replace(study.recipe, **given.recipe), **changes)
