"""What is drawn of runs: figures, tables and the page, from their folders alone."""

from collections.abc import Sequence
from pathlib import Path

from tailprobe.progress import Progress, silent
from tailprobe.report.figures.write import write_figures
from tailprobe.report.page import write_page
from tailprobe.report.page.pictures import figures_of_several, page_figures
from tailprobe.report.run_figures import run_figures, run_tables
from tailprobe.report.tables import write_tables
from tailprobe.runs.run import Run


def write(run: Run, *, progress: Progress = silent) -> Path:
    """Write figures, tables and page into the run's folder, replacing older ones; the page comes last.

    Returns:
        The page.

    Raises:
        InputError: somebody's own file is in the way.
    """
    write_figures(run_figures(run) | page_figures(run), run.folder.figures, progress=progress)
    write_tables(run_tables(run), run.folder.tables)
    return write_report([run])


def write_report(runs: Sequence[Run], path: Path | None = None) -> Path:
    """Write the page of one run, or of several side by side.

    Args:
        path: the file; by default `report.html` in the folder of the first. A page that is there is replaced.
    """
    return write_page(runs, path or runs[0].folder.report)


def write_several(runs: Sequence[Run], page: Path) -> Path:
    """Write the pictures for print that a page of several runs has, beside it, and return their folder.

    Raises:
        InputError: somebody's own file is in the way.
    """
    folder = page.with_name(f"{page.stem}_figures")
    write_figures(figures_of_several(runs), folder)
    return folder
