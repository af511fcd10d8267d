"""The page of one run or of several, from their folders."""

import shlex
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path

from tailprobe.report.figures.write import write_figures
from tailprobe.report.page import RunTables, write_page
from tailprobe.report.page.pictures import figures_of_several
from tailprobe.study.duplicates import read_duplicates
from tailprobe.study.execution import Execution
from tailprobe.study.result import Result


def write_several(results: Sequence[Result], page: Path) -> Path:
    """Write the pictures for print that a page of several runs has, beside it, and return their folder.

    Raises:
        InputError: somebody's own file is in the way.
    """
    folder = page.with_name(f"{page.stem}_figures")
    write_figures(figures_of_several([run_tables(result) for result in results]), folder)
    return folder


def write_report(results: Sequence[Result], path: Path | None = None) -> Path:
    """Write the page of one run, or of several side by side.

    Args:
        results: finished runs.
        path: the file; by default `report.html` in the folder of the first. A page that is there is replaced.
    """
    return write_page([run_tables(result) for result in results], path or results[0].folder.report)


def run_tables(result: Result) -> RunTables:
    """Return what a page shows of a run."""
    folder = result.folder
    return RunTables(
        name=Path(result.study.source).name or result.study.source,
        repeat=_repeat(result),
        settings=folder.study.read_text(encoding="utf-8"),
        record=result.record,
        results=result.results,
        classes=result.classes,
        plans=result.plans,
        method_table=result.method_table,
        histories=result.histories,
        samples=folder.read_table("samples"),
        labels=result.labels.matrix,
        scores=folder.scores,
        verdicts=result.verdicts,
        recommendation=None if result.recommendation is None else asdict(result.recommendation),
        mistakes=folder.read_table("mistakes") if folder.table("mistakes").exists() else None,
        duplicates=read_duplicates(folder.duplicates),
    )


def _repeat(result: Result) -> str:
    """Return the command that repeats a run where its study file lies; what differs from the defaults is named."""
    execution = result.record.get("execution")
    asked = {**(execution if isinstance(execution, dict) else {}), "kernel": result.record.get("kernel")}
    plain = {field.name: field.default for field in fields(Execution)} | {"kernel": None}  # of the run, not "auto"
    command = f"tailprobe compare {result.folder.study.name} --out AGAIN"
    for name in ("kernel", "runtime", "precision", "dtype"):
        value = asked.get(name)
        if isinstance(value, str) and value != plain[name]:
            command += f" --{name} {shlex.quote(value)}"
    return command
