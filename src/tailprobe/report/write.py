"""What is drawn of runs: figures, tables and the page, from their folders only."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from tailprobe.progress import Progress, silent
from tailprobe.report.figures.write import CAPTION, FORMATS, write_figures
from tailprobe.report.look import Look, drawn_as
from tailprobe.report.page import write_page
from tailprobe.report.page.pictures import figures_of_several, page_figures
from tailprobe.report.paragraph.write import write_paragraph
from tailprobe.report.run_figures import run_figures
from tailprobe.report.tables.of_run import run_tables
from tailprobe.report.tables.write import write_tables
from tailprobe.runs.folder import digests
from tailprobe.runs.run import Run
from tailprobe.runs.settings import Study

Draw = Callable[[Run, Progress], list[Path]]  # writes into the folder of a run and returns the files


def draw_figures(run: Run, progress: Progress = silent, *, study: Study | None = None) -> list[Path]:
    """Write the figures into the run's folder, replacing older ones, and return their files.

    Args:
        study: whose settings of figures are taken; by default the run's own.

    Raises:
        InputError: somebody's own file is in the way, or a font is not installed.
    """
    wanted = study or run.study
    if wanted.figures == "none":
        return []
    formats = ("svg",) if wanted.figures == "svg" else FORMATS
    with drawn_as(look_of(wanted)):
        words = (CAPTION,) if wanted.figure_style == "paper" else ()
        return write_figures(
            run_figures(run) | page_figures(run), run.folder.figures, formats=(*formats, *words), progress=progress
        )


def look_of(study: Study) -> Look:
    """Return the look of a study's figures.

    Raises:
        InputError: its font is not installed.
    """
    return Look.of(study.figure_style, study.figure_width, study.figure_font)


def draw_figures_again(run: Run, study: Study, progress: Progress = silent) -> list[Path]:
    """Draw the figures of a finished run by other settings, note the new files in its run.json and return them.

    Raises:
        InputError: as `draw_figures`.
    """
    old = {name for name in run.record["files"] if run.folder.path / name == run.folder.figures / Path(name).name}
    files = draw_figures(run, progress, study=study)
    kept = {name: digest for name, digest in run.record["files"].items() if name not in old}
    run.folder.write_record(run.record, kept | digests(run.folder, files))
    return files


def draw_tables(run: Run, progress: Progress = silent) -> list[Path]:
    """Write tables, paragraph and references for papers into the run's folder, and return their files."""
    del progress
    return write_tables(run_tables(run), run.folder.tables) + write_paragraph(run, run.folder.tables)


def draw_page(run: Run, progress: Progress = silent) -> list[Path]:
    """Write the page into the run's folder, replacing an older one, and return its file."""
    del progress
    return [write_report([run])]


# What a run is drawn as, in this order.
DRAWN: Mapping[str, Draw] = MappingProxyType({"figures": draw_figures, "tables": draw_tables, "page": draw_page})


def write_report(runs: Sequence[Run], path: Path | None = None) -> Path:
    """Write the page of one run, or of several side by side.

    Args:
        path: the file; by default `report.html` in the folder of the first. A page that is there is replaced.
    """
    own = runs[0].folder
    page = write_page(runs, path or own.report)
    if page.resolve() == own.report.resolve():
        own.update_digest(own.report)
    return page


def write_several(runs: Sequence[Run], page: Path) -> Path:
    """Write the pictures for print that a page of several runs has, beside it, and return their folder.

    Raises:
        InputError: somebody's own file is in the way.
    """
    folder = page.with_name(f"{page.stem}_figures")
    write_figures(figures_of_several(runs), folder)
    return folder
