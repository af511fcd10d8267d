"""What is drawn of runs: figures, tables and the page, from their folders alone."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from tailprobe.progress import Progress, silent
from tailprobe.report.figures.write import write_figures
from tailprobe.report.page import write_page
from tailprobe.report.page.pictures import figures_of_several, page_figures
from tailprobe.report.run_figures import run_figures
from tailprobe.report.tables.of_run import run_tables
from tailprobe.report.tables.write import write_tables
from tailprobe.runs.run import Run


def draw_figures(run: Run, progress: Progress = silent) -> list[Path]:
    """Write the figures into the run's folder, replacing older ones, and return their files.

    Raises:
        InputError: somebody's own file is in the way.
    """
    return write_figures(run_figures(run) | page_figures(run), run.folder.figures, progress=progress)


def draw_tables(run: Run, progress: Progress = silent) -> list[Path]:
    """Write the tables for papers into the run's folder, replacing older ones, and return their files."""
    del progress
    return write_tables(run_tables(run), run.folder.tables)


def draw_page(run: Run, progress: Progress = silent) -> list[Path]:
    """Write the page into the run's folder, replacing an older one, and return its file."""
    del progress
    return [write_report([run])]


# What a run is drawn as, in this order.
DRAWN: Mapping[str, Callable[[Run, Progress], list[Path]]] = MappingProxyType(
    {"figures": draw_figures, "tables": draw_tables, "page": draw_page}
)


def write_report(runs: Sequence[Run], path: Path | None = None) -> Path:
    """Write the page of one run, or of several side by side.

    Args:
        path: the file; by default `report.html` in the folder of the first. A page that is there is replaced.
    """
    own = runs[0].folder
    page = write_page(runs, path or own.report)
    if page.resolve() == own.report.resolve():
        own.note_again(own.report)
    return page


def write_several(runs: Sequence[Run], page: Path) -> Path:
    """Write the pictures for print that a page of several runs has, beside it, and return their folder.

    Raises:
        InputError: somebody's own file is in the way.
    """
    folder = page.with_name(f"{page.stem}_figures")
    write_figures(figures_of_several(runs), folder)
    return folder
