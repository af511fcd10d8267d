"""`tailprobe fit`: from labelled images to a classifier."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tailprobe.cli import options as option
from tailprobe.cli.arguments import Source
from tailprobe.cli.settings import ALL_OF_EXECUTION, ALL_OF_RECIPE, ALL_OF_STUDY, Given, with_settings
from tailprobe.cli.studies import smoke_test, study_of
from tailprobe.console import Bars, print_text
from tailprobe.study.execution import Execution

if TYPE_CHECKING:
    from tailprobe.use.classifier import Classifier


@with_settings(study=ALL_OF_STUDY, recipe=ALL_OF_RECIPE, execution=ALL_OF_EXECUTION)
def fit(
    source: Source,
    out: Annotated[
        Path,
        typer.Option(
            metavar="MODEL",
            help="The model folder, e.g. models/mines: a new one, or one to resume.",
            rich_help_panel=option.OUTPUT,
        ),
    ],
    given: Given,
    use: Annotated[
        str | None,
        typer.Option(
            metavar="METHOD",
            help="Method of the model, one of those compared, e.g. 'reweight(5)'. Default: the recommended one.",
            rich_help_panel=option.METHODS,
        ),
    ] = None,
    ensemble: Annotated[
        int,
        typer.Option(
            metavar="INTEGER",
            help="Heads of the model, their probabilities averaged, e.g. 3.",
            min=1,
            max=100,
            rich_help_panel=option.METHODS,
        ),
    ] = 1,
    aim: option.Aims = None,
    before: option.Before = None,
    smoke: option.Smoke = False,
    quiet: option.Quiet = False,
) -> None:
    """Make a classifier: compare methods, train the recommended one on all images, calibrate it, write model and card.

    `tailprobe fit IMAGES --labels TABLE --encoder efficientnet_lite0 --out MODEL`

    The comparison is in MODEL/run. If interrupted, the same command continues. After a review, `--before OLD_MODEL/run`
    says what the new labels brought.
    """
    from tailprobe.review.brought import brought
    from tailprobe.runs.run import Run
    from tailprobe.use.aims import DEFAULT_AIM
    from tailprobe.use.fit import fit_model
    from tailprobe.use.storage import RUN

    study = study_of(source, given)
    study = smoke_test(study) if smoke else study
    earlier = None if before is None else Run.load(before)  # refused before anything is computed
    with Bars(quiet=quiet) as bars:
        made = fit_model(
            study, out, Execution(**given.execution), method=use, ensemble=ensemble,
            aims=tuple(aim or [DEFAULT_AIM]), progress=bars,
        )  # fmt: skip
    _show(made, out)
    if earlier is not None:
        print_text(brought(earlier, Run.load(out / RUN)).text)


def _show(made: "Classifier", out: Path) -> None:
    from tailprobe.use.words import expectation_lines

    print_text(made.facts.verdict)
    for line in expectation_lines(made.decisions()):
        print_text(line)
    print_text(f"model and card: {out}")
