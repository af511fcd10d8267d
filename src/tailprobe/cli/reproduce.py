"""`tailprobe reproduce`: the paper's own study."""

from pathlib import Path
from typing import Annotated

import typer

from tailprobe.callspec import parse_value
from tailprobe.cli import options as option
from tailprobe.cli.arguments import pairs_of
from tailprobe.cli.settings import ALL_OF_EXECUTION, Given, with_settings
from tailprobe.cli.show import show_reproduction
from tailprobe.cli.studies import run_and_show, smoke_test
from tailprobe.console import complain
from tailprobe.study.execution import Execution


@with_settings(
    study=("encoders", "weights", "seeds", "seed"),
    execution=ALL_OF_EXECUTION,
    defaults={"encoders": None},  # the preset's
)
def reproduce(
    dataset: Annotated[str, typer.Argument(help="planet or ade20k.")],
    data: Annotated[Path, typer.Argument(metavar="DIR", help="The data in their official layout.")],
    out: option.Out,
    given: Given,
    preset: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="paper-text (what the paper says) or paper-code (what the authors' runs did).",
            rich_help_panel=option.DESIGN,
        ),
    ] = "paper-text",
    read: option.Read = None,
    metric: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Metric of the printed table. Default: recall at the preset's threshold.",
            rich_help_panel=option.DESIGN,
        ),
    ] = None,
    smoke: option.Smoke = False,
    quiet: option.Quiet = False,
) -> None:
    """Run the paper's own study and print how close the result is."""
    from tailprobe.paper.presets import MEANING
    from tailprobe.paper.presets import preset as study_of

    reader = {key: parse_value(value) for key, value in pairs_of(read, "--read").items()}
    study = study_of(dataset, preset, data, reader=reader, **given.study)
    if not quiet:
        complain(f"{dataset}, {preset}: {MEANING[dataset, preset]}.")
    metric = metric or f"recall@{'authors' if 'authors' in study.thresholds else '0.5'}"
    study = smoke_test(study) if smoke else study
    result = run_and_show(study, out, Execution(**given.execution), metric=metric, quiet=quiet)
    show_reproduction(result)
