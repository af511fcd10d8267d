"""`tailprobe report`: the page of a run, or of several."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from tailprobe.cli import options as option
from tailprobe.cli.settings import OF_FIGURES, Given, with_settings
from tailprobe.cli.studies import track, trackers_of
from tailprobe.console import print_text
from tailprobe.errors import InputError


@with_settings(
    study=(*OF_FIGURES, "title"), texts={"figures": "Draw the figures again: none, svg, or all (SVG, PNG and PDF)."}
)
def report(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Run folders; several share one page.")],
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="PAGE",
            help="The page, e.g. side_by_side.html. Default: report.html of the first run.",
            rich_help_panel=option.OUTPUT,
        ),
    ] = None,
    open_page: Annotated[
        bool, typer.Option("--open", metavar=option.FLAG, help="Open it in the browser.", rich_help_panel=option.OUTPUT)
    ] = False,
    track_with: option.Track = None,
    *,
    given: Given,
) -> None:
    """Write the page of a run again, or one page of several runs, with its figures in PAGE_figures/.

    With an option of figures those of each run are drawn again, for a paper e.g. by
    `tailprobe report RUN --figure-style paper --figure-width 3.3`. `--title` is of the page of one run.
    """
    from tailprobe.lock import locked_file, locked_folder
    from tailprobe.report.write import draw_figures_again, write_report, write_several
    from tailprobe.runs.run import Run

    trackers = trackers_of(track_with)
    results = [Run.load(run) for run in runs]
    drawing = {name: value for name, value in given.study.items() if name != "title"}
    for result in results if drawing else []:
        with locked_folder(result.folder.path):
            draw_figures_again(result, replace(result.study, **drawing))
    if "title" in given.study:
        if len(results) > 1:
            raise InputError("--title names the collection of one run; give one run, or leave --title out")
        results = [results[0].entitled(given.study["title"])]
    own = results[0].folder
    with locked_folder(own.path) if out is None or out.resolve() == own.report.resolve() else locked_file(out):
        page = write_report(results, out)
        if len(results) > 1:
            write_several(results, page)
    print_text(page)
    for result in results:
        track(result, trackers)
    if open_page:
        typer.launch(str(page))
