"""`tailprobe demo`: a comparison on drawn images, without a download."""

from pathlib import Path
from typing import Annotated

import typer

from tailprobe.cli import options as option
from tailprobe.cli.settings import OF_FIGURES, Given, with_settings
from tailprobe.cli.studies import run_and_show, smoke_test
from tailprobe.console import Bars
from tailprobe.runs.settings import Study
from tailprobe.study.execution import Execution


@with_settings(
    study=("seeds", "seed", "metric", "title", "no_images", *OF_FIGURES),
    defaults={"seeds": 5, "title": "drawn landscapes"},
)
def demo(
    given: Given,
    out: option.Out = Path("demo"),
    tiles: Annotated[
        int,
        typer.Option(
            metavar="INTEGER", help="Images to draw, e.g. 500.", min=1, max=10**7, rich_help_panel=option.DATA
        ),
    ] = 3000,
    smoke: option.Smoke = False,
    quiet: option.Quiet = False,
) -> None:
    """Draw a long-tailed collection in Planet's format and compare methods on it; no download, no account.

    `tailprobe demo --seeds 10 --out DEMO`
    """
    from tailprobe.demo import draw_sample

    seed = given.study.get("seed", Study.seed)
    with Bars(quiet=quiet) as bars:
        folder = draw_sample(out / "data", tiles=min(tiles, 200) if smoke else tiles, seed=seed, progress=bars)
    study = Study(source=str(folder.resolve()), reader={"format": "planet"}, **given.study)
    run_and_show(smoke_test(study) if smoke else study, out / "run", Execution(cache=out / "cache"), quiet=quiet)
