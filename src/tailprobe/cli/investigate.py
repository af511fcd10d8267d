"""`tailprobe investigate`: why a method helps or not, and what more images would bring."""

from typing import Annotated

import typer

from tailprobe.cli import options as option
from tailprobe.cli.arguments import Source
from tailprobe.cli.command import Command
from tailprobe.cli.investigate_encoders import encoder, explain, layers
from tailprobe.cli.investigated import (
    MEASURED,
    OF_EXECUTION,
    OF_STUDY,
    SEEDS,
    Classes,
    Out,
    asked,
    material_of,
    write_and_print,
)
from tailprobe.cli.settings import ALL_OF_RECIPE, Given, with_settings
from tailprobe.console import Bars

investigate = typer.Typer(
    name="investigate",
    help="Answer one question about a collection, on its embeddings: a picture, an answer in words, tables, a page.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)


@with_settings(study=MEASURED, recipe=ALL_OF_RECIPE, execution=OF_EXECUTION, defaults={"seeds": SEEDS})
def size(
    source: Source,
    given: Given,
    out: Out = None,
    classes: Classes = None,
    recall: Annotated[
        float, typer.Option(metavar="SHARE", help="A wanted recall, e.g. 0.9.", rich_help_panel=option.DESIGN)
    ] = 0.8,
    at_precision: Annotated[
        float,
        typer.Option(
            metavar="SHARE", help="The precision wanted at that recall, e.g. 0.5.", rich_help_panel=option.DESIGN
        ),
    ] = 0.7,
    quiet: option.Quiet = False,
) -> None:
    """Score of a class against its number of training images: jump or steady growth, and how many more it takes.

    `tailprobe investigate size RUN/study.toml --class slash_burn --recall 0.8 --at-precision 0.7 --out SIZE`
    """
    from tailprobe.investigate.size.answer import investigate_size
    from tailprobe.investigate.size.target import Target
    from tailprobe.report.investigations.size import size_figure

    target = Target(recall, at_precision)
    study, folder = asked(source, given, out, "size")
    with Bars(quiet=quiet) as bars:
        material, training = material_of(study, given, bars)
        answer = investigate_size(
            material, classes or (), training, metric=study.metric, margin=float(study.margin), target=target
        )
    write_and_print(answer.finding(), {"size": size_figure(answer)}, folder, study)


@with_settings(study=MEASURED, recipe=ALL_OF_RECIPE, execution=OF_EXECUTION, defaults={"seeds": SEEDS})
def redundancy(
    source: Source,
    given: Given,
    out: Out = None,
    classes: Annotated[
        list[str] | None,
        typer.Option(
            "--class",
            metavar="CLASS",
            help="A class to thin, e.g. clear. Repeat for several. Default: all.",
            rich_help_panel=option.DESIGN,
        ),
    ] = None,
    selection: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="random, k_centre, herding, el2n or forgetting, e.g. herding. Repeat for several. Default: all.",
            rich_help_panel=option.METHODS,
        ),
    ] = None,
    quiet: option.Quiet = False,
) -> None:
    """Which share of the training images can go with no relevant loss, at random and by selection, and which they are.

    `tailprobe investigate redundancy RUN/study.toml --out REDUNDANCY`
    """
    from tailprobe.investigate.redundancy.answer import investigate_redundancy
    from tailprobe.report.investigations.redundancy import redundancy_figure

    study, folder = asked(source, given, out, "redundancy")
    with Bars(quiet=quiet) as bars:
        material, training = material_of(study, given, bars)
        answer = investigate_redundancy(
            material,
            classes or (),
            training,
            metric=study.metric,
            margin=float(study.margin),
            selections=selection or (),
        )
    write_and_print(answer.finding(), {"redundancy": redundancy_figure(answer)}, folder, study)


@with_settings(study=MEASURED, recipe=ALL_OF_RECIPE, execution=OF_EXECUTION, defaults={"seeds": SEEDS})
def distil(
    source: Source,
    given: Given,
    out: Out = None,
    classes: Annotated[
        list[str] | None,
        typer.Option(
            "--class",
            metavar="CLASS",
            help="A class to distil, e.g. mine. Repeat for several. Default: all.",
            rich_help_panel=option.DESIGN,
        ),
    ] = None,
    rows: Annotated[
        list[int] | None,
        typer.Option(
            metavar="INTEGER",
            help="Rows of each class, e.g. 5. Repeat for several. Default: 1, 2, 5, 10, 20, 50.",
            rich_help_panel=option.DESIGN,
        ),
    ] = None,
    quiet: option.Quiet = False,
) -> None:
    """How few rows per class, made or chosen, train a head as well as all images.

    `tailprobe investigate distil RUN/study.toml --out DISTIL`
    """
    from tailprobe.investigate.distil.answer import ROWS, investigate_distil
    from tailprobe.report.investigations.distil import distil_figure

    study, folder = asked(source, given, out, "distil")
    with Bars(quiet=quiet) as bars:
        material, training = material_of(study, given, bars)
        answer = investigate_distil(
            material,
            classes or (),
            training,
            metric=study.metric,
            margin=float(study.margin),
            rows=rows or ROWS,
        )
    write_and_print(answer.finding(), {"distil": distil_figure(answer)}, folder, study)


@with_settings(
    study=(*MEASURED, "methods"),
    recipe=[name for name in ALL_OF_RECIPE if name not in ("epochs", "select", "patience", "weight_decay")],
    execution=OF_EXECUTION,
    defaults={"seeds": SEEDS, "methods": None},
    texts={"methods": "Methods to follow in addition to the baseline, e.g. 'reweight(5)'. Default: the paper's three."},
)
def budget(
    source: Source,
    given: Given,
    out: Out = None,
    decay: Annotated[
        float,
        typer.Option(
            metavar="NUMBER", help="Weight decay of every second course, e.g. 0.001.", rich_help_panel=option.DESIGN
        ),
    ] = 1e-3,
    quiet: option.Quiet = False,
) -> None:
    """Whether a method only needs more updates, and whether its effect fades with them, with and without weight decay.

    `tailprobe investigate budget RUN/study.toml --methods 'oversample(largest)' --out BUDGET`
    """
    from tailprobe.investigate.budget.answer import investigate_budget
    from tailprobe.report.investigations.budget import budget_figures

    study, folder = asked(source, given, out, "budget")
    with Bars(quiet=quiet) as bars:
        material, training = material_of(study, given, bars)
        answer = investigate_budget(
            material,
            given.study.get("methods", ()),
            training,
            metric=study.metric,
            margin=float(study.margin),
            weight_decay=decay,
        )
    write_and_print(answer.finding(), budget_figures(answer), folder, study)


@with_settings(
    study=(*OF_STUDY, "methods"),
    recipe=ALL_OF_RECIPE,
    execution=OF_EXECUTION,
    defaults={"seeds": SEEDS, "methods": None},
    texts={"methods": "Methods to compare with the baseline, e.g. 'reweight(5)'. Default: the paper's three."},
)
def cues(source: Source, given: Given, out: Out = None, classes: Classes = None, quiet: option.Quiet = False) -> None:
    """Classes that are predicted from their company: with and without the usual co-occurring label, by method.

    `tailprobe investigate cues RUN/study.toml --class slash_burn --out CUES`
    """
    from tailprobe.investigate.cues.answer import investigate_cues
    from tailprobe.report.investigations.cues import cues_figures

    study, folder = asked(source, given, out, "cues")
    with Bars(quiet=quiet) as bars:
        material, training = material_of(study, given, bars)
        answer = investigate_cues(material, classes or (), given.study.get("methods", ()), training)
    write_and_print(answer.finding(), cues_figures(answer), folder, study)


for command in (size, redundancy, distil, budget, cues, layers, explain, encoder):
    investigate.command(command.__name__, cls=Command)(command)
