"""`tailprobe demo`: a comparison on drawn images, or on embeddings with planted effects, without a download."""

from pathlib import Path
from typing import Annotated

import typer

from tailprobe.cli import options as option
from tailprobe.cli.demo_planted import planted_study, run_planted
from tailprobe.cli.settings import OF_FIGURES, Given, with_settings
from tailprobe.cli.studies import run_and_show, smoke_test
from tailprobe.console import Bars
from tailprobe.runs.settings import Study
from tailprobe.study.execution import Execution


@with_settings(
    study=("seeds", "seed", "metric", "title", "no_images", *OF_FIGURES),
    defaults={"seeds": 5},
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
    planted: Annotated[
        bool,
        typer.Option(
            "--planted",
            help="In place of images, draw embeddings with a redundancy, a spurious cue and a threshold of known size, "
            "and show what investigations find of them.",
            rich_help_panel=option.DATA,
        ),
    ] = False,
    smoke: option.Smoke = False,
    quiet: option.Quiet = False,
) -> None:
    """Draw a long-tailed collection in Planet's format and compare methods on it; no download, no account.

    `tailprobe demo --seeds 10 --out DEMO`
    """
    from tailprobe.demo import draw_sample

    execution = Execution(cache=out / "cache")
    if planted:
        study = planted_study(out / "data", {**given.study, "title": _title(given, "planted embeddings")})
        run_planted(smoke_test(study) if smoke else study, out / "run", execution, quiet=quiet)
        return
    seed = given.study.get("seed", Study.seed)
    with Bars(quiet=quiet) as bars:
        folder = draw_sample(out / "data", tiles=min(tiles, 200) if smoke else tiles, seed=seed, progress=bars)
    settings = {**given.study, "title": _title(given, "drawn landscapes")}
    study = Study(source=str(folder.resolve()), reader={"format": "planet"}, **settings)
    run_and_show(smoke_test(study) if smoke else study, out / "run", execution, quiet=quiet)


def _title(given: Given, default: str) -> str:
    title: str = given.study.get("title", default)
    return title
