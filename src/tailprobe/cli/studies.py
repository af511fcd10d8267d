"""From what was typed to a study and its execution, and a study run with its progress shown."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from tailprobe.cli.settings import Given
from tailprobe.cli.show import show_result
from tailprobe.console import Bars
from tailprobe.learners.recipe import Recipe
from tailprobe.runs.settings import Option, Study, default_encoders, read_study
from tailprobe.study.execution import Execution

if TYPE_CHECKING:
    from tailprobe.runs.run import Run
    from tailprobe.tracking.tracker import Tracker


def study_of(data: str, reader: dict[str, Option], given: Given) -> Study:
    """Return the study of what was typed.

    Args:
        data: the collection, or a study file, whose settings then hold where nothing else was typed.
        reader: options of the reader that were typed.
        given: settings that were typed.

    Raises:
        InputError: as `Study` and `read_study`.
    """
    from tailprobe.datasets.storage.url import absolute

    if data.endswith(".toml"):
        return _changed(read_study(Path(data)), reader, given)
    source = absolute(data)
    reader = {"format": "auto"} | reader
    settings = dict(given.study)
    if "encoders" not in settings:
        settings["encoders"] = default_encoders(source, str(reader["format"]))
    return Study(source=source, reader=reader, recipe=Recipe(**given.recipe), **settings)


def smoke_test(study: Study) -> Study:
    """Return a study that takes seconds and whose results mean nothing."""
    return replace(study, seeds=min(study.seeds, 2), recipe=replace(study.recipe, epochs=1))


def run_and_show(study: Study, out: Path, execution: Execution, *, quiet: bool, metric: str | None = None) -> "Run":
    """Run a study with its progress on the terminal, and print its averages and verdicts."""
    from tailprobe.study.run import run_study

    with Bars(quiet=quiet) as bars:
        result = run_study(study, out, execution, progress=bars)
    show_result(result, metric or study.metric)
    return result


def trackers_of(names: list[str] | None) -> "list[Tracker]":
    """Return the trackers asked for, each of them reached."""
    from tailprobe.tracking.tracker import choose_tracker

    trackers = [choose_tracker(name) for name in dict.fromkeys(names or [])]
    for tracker in trackers:
        tracker.check()
    return trackers


def track(result: "Run", trackers: "list[Tracker]") -> None:
    """Log a run to each tracker and print where it is there."""
    for tracker in trackers:
        typer.echo(tracker.track(result))


def _changed(study: Study, reader: dict[str, Option], given: Given) -> Study:
    """Return a study with what was typed in the place of its own settings."""
    encoders = given.study.get("encoders", study.encoders)
    weights = {name: file for name, file in study.weights.items() if name in encoders}
    margin = {"margin": "auto"} if "metric" in given.study else {}  # a margin is of one metric
    changes = {"weights": weights} | margin | given.study
    return replace(study, reader={**study.reader, **reader}, recipe=replace(study.recipe, **given.recipe), **changes)
