"""`tailprobe review`: look at images in the browser, and label the rare classes."""

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tailprobe.cli import options as option
from tailprobe.cli.predict import AllowCode, Weights
from tailprobe.console import Bars, print_text
from tailprobe.errors import InputError

if TYPE_CHECKING:
    from tailprobe.review.queue import Mix
    from tailprobe.review.write import Layout

Source = Annotated[
    Path, typer.Argument(metavar="RUN|MODEL", help="The run of tailprobe compare, or the model of tailprobe fit.")
]


def review(
    source: Source,
    unlabelled: Annotated[
        str, typer.Argument(metavar="IMAGES", help="Images to look at, labelled ones among them are left out.")
    ],
    *,
    allow_code: AllowCode = False,
    class_name: Annotated[
        list[str] | None,
        typer.Option(
            "--class",
            metavar="NAME",
            help="A class to review, e.g. mine. Repeat for several. Default: the low-frequency ones.",
            rich_help_panel=option.LABELS,
        ),
    ] = None,
    weights: Weights = None,
    each: Annotated[
        int,
        typer.Option(
            metavar="INTEGER", help="New images of each class, e.g. 50.", min=1, rich_help_panel=option.DESIGN
        ),
    ] = 100,
    doubts: Annotated[
        int,
        typer.Option(
            metavar="INTEGER",
            help="Labels that may be wrong, of each class and kind, e.g. 20. 0 for none.",
            min=0,
            rich_help_panel=option.DESIGN,
        ),
    ] = 10,
    mix: Annotated[
        str | None,
        typer.Option(
            metavar="WEIGHTS",
            help="What the order goes by: score, uncertainty, diversity, e.g. 1,0,0.5. Default: as measured.",
            show_default=False,
            rich_help_panel=option.DESIGN,
        ),
    ] = None,
    cache: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="Where embeddings are kept, e.g. /data/cache.", rich_help_panel=option.EXECUTION
        ),
    ] = None,
    port: Annotated[
        int,
        typer.Option(
            metavar="INTEGER",
            help="Port of the page, e.g. 8080. 0: any that is free.",
            min=0,
            max=65535,
            rich_help_panel=option.EXECUTION,
        ),
    ] = 0,
    out: Annotated[
        Path,
        typer.Option(
            metavar="TABLE",
            help="The labels to write, e.g. labels.csv; the history of decisions is stored next to them.",
            rich_help_panel=option.OUTPUT,
        ),
    ],
    layout: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="table (.csv or .parquet), label-studio (.json) or fiftyone (a folder), e.g. fiftyone.",
            show_default=False,
            rich_help_panel=option.OUTPUT,
        ),
    ] = "table",
    overwrite: Annotated[
        bool,
        typer.Option(
            "--overwrite",
            metavar=option.FLAG,
            help="Replace a table that is there; the old one is kept as a backup.",
            rich_help_panel=option.OUTPUT,
        ),
    ] = False,
    open_page: Annotated[
        bool, typer.Option("--open", metavar=option.FLAG, help="Open it in the browser.", rich_help_panel=option.OUTPUT)
    ] = False,
    quiet: option.Quiet = False,
) -> None:
    """Review the most useful images, class by class, and write the resulting labels.

    `tailprobe review MODEL NEW_IMAGES --out labels.csv`

    The page is only available to browsers on this machine. Several people may review at once, also from several
    processes with the same --out. The labels are written when the page is asked to, and when the command ends.
    """
    from tailprobe.review.server.run import check_extra, serve
    from tailprobe.review.session import Session

    check_extra()
    form, weighed = _layout(layout), _mix(mix)
    with Bars(quiet=quiet) as bars:
        session = Session.open(
            source, unlabelled, out, classes=class_name or [], each=each, doubts=doubts, mix=weighed, layout=form,
            overwrite=overwrite, reviewer=getpass.getuser(), cache=cache, weights=weights, allow_code=allow_code,
            progress=bars,
        )  # fmt: skip

    def ready(address: str) -> None:
        print_text(f"{len(session.candidates):,} images to look at: {address}")
        print_text("Ctrl-C ends the review and writes the labels.")
        if open_page:
            typer.launch(address)

    serve(session, port=port, ready=ready)
    if session.history.entries:
        print_text(session.write())


def _layout(given: str) -> "Layout":
    from tailprobe.review.write import LAYOUTS

    for layout in LAYOUTS:
        if layout == given:
            return layout
    raise InputError(f"--layout is {given!r}; expected {', '.join(LAYOUTS)}")


def _mix(given: str | None) -> "Mix":
    from tailprobe.review.queue import DEFAULT_MIX, Mix

    if given is None:
        return DEFAULT_MIX
    try:
        score, uncertainty, diversity = (float(part) for part in given.split(","))
    except ValueError:
        raise InputError(f"--mix {given!r}: expected three numbers, e.g. 1,0,0.5") from None
    return Mix(score, uncertainty, diversity)
