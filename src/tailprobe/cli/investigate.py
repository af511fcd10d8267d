"""`tailprobe investigate`: why a method helps or not, and what more images would bring."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tailprobe.cli import options as option
from tailprobe.cli.arguments import Source
from tailprobe.cli.command import Command
from tailprobe.cli.settings import ALL_OF_RECIPE, Given, with_settings
from tailprobe.cli.studies import study_of
from tailprobe.console import Bars, say
from tailprobe.study.execution import Execution

if TYPE_CHECKING:
    from tailprobe.investigate.finding import Finding
    from tailprobe.investigate.trials import Material, Training
    from tailprobe.runs.settings import Study

investigate = typer.Typer(
    name="investigate",
    help="Answer one question about a collection, on its embeddings: a picture, an answer in words, tables, a page.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)
_STUDY = ("long_tail", "encoders", "weights", "standardise", "seeds", "seed", "split", "group_column", "low_frequency")
_MEASURED = (*_STUDY, "metric", "margin", "thresholds")
_EXECUTION = ("cache", "workers", "kernel", "engine", "runtime", "precision", "dtype")
_SEEDS = 10

Out = Annotated[
    Path, typer.Option(metavar="DIR", help="Folder of page, figures, tables, e.g. size.", rich_help_panel=option.OUTPUT)
]
Classes = Annotated[
    list[str] | None,
    typer.Option(
        "--class",
        metavar="CLASS",
        help="A class to look at, e.g. mine. Repeat for several. Default: the low-frequency ones.",
        rich_help_panel=option.DESIGN,
    ),
]


@with_settings(study=_MEASURED, recipe=ALL_OF_RECIPE, execution=_EXECUTION, defaults={"seeds": _SEEDS})
def size(
    source: Source,
    out: Out,
    given: Given,
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
    from tailprobe.report.investigations.write import write_finding

    target = Target(recall, at_precision)
    study = study_of(source, given)
    with Bars(quiet=quiet) as bars:
        material, training = _material(study, given, bars)
        answer = investigate_size(
            material, classes or (), training, metric=study.metric, margin=float(study.margin), target=target
        )
    finding = answer.finding()
    _say(finding, write_finding(finding, {"size": size_figure(answer)}, out, source=study.source))


@with_settings(study=_MEASURED, recipe=ALL_OF_RECIPE, execution=_EXECUTION, defaults={"seeds": _SEEDS})
def redundancy(
    source: Source,
    out: Out,
    given: Given,
    classes: Annotated[
        list[str] | None,
        typer.Option(
            "--class",
            metavar="CLASS",
            help="A class to thin, e.g. clear. Repeat for several. Default: all.",
            rich_help_panel=option.DESIGN,
        ),
    ] = None,
    quiet: option.Quiet = False,
) -> None:
    """Which share of the training images can go with no relevant loss, at random and by selection, and which they are.

    `tailprobe investigate redundancy RUN/study.toml --out REDUNDANCY`
    """
    from tailprobe.investigate.redundancy.answer import investigate_redundancy
    from tailprobe.report.investigations.redundancy import redundancy_figure
    from tailprobe.report.investigations.write import write_finding

    study = study_of(source, given)
    with Bars(quiet=quiet) as bars:
        material, training = _material(study, given, bars)
        answer = investigate_redundancy(
            material, classes or (), training, metric=study.metric, margin=float(study.margin)
        )
    finding = answer.finding()
    _say(finding, write_finding(finding, {"redundancy": redundancy_figure(answer)}, out, source=study.source))


@with_settings(
    study=(*_MEASURED, "methods"),
    recipe=[name for name in ALL_OF_RECIPE if name not in ("epochs", "select", "patience", "weight_decay")],
    execution=_EXECUTION,
    defaults={"seeds": _SEEDS, "methods": None},
    texts={"methods": "Methods to follow beside the baseline, e.g. 'reweight(5)'. Default: the paper's three."},
)
def budget(
    source: Source,
    out: Out,
    given: Given,
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
    from tailprobe.report.investigations.write import write_finding

    study = study_of(source, given)
    with Bars(quiet=quiet) as bars:
        material, training = _material(study, given, bars)
        answer = investigate_budget(
            material,
            given.study.get("methods", ()),
            training,
            metric=study.metric,
            margin=float(study.margin),
            weight_decay=decay,
        )
    finding = answer.finding()
    _say(finding, write_finding(finding, budget_figures(answer), out, source=study.source))


@with_settings(
    study=(*_STUDY, "methods"),
    recipe=ALL_OF_RECIPE,
    execution=_EXECUTION,
    defaults={"seeds": _SEEDS, "methods": None},
    texts={"methods": "Methods to compare with the baseline, e.g. 'reweight(5)'. Default: the paper's three."},
)
def cues(source: Source, out: Out, given: Given, classes: Classes = None, quiet: option.Quiet = False) -> None:
    """Classes that are predicted from their company: with and without the usual co-occurring label, by method.

    `tailprobe investigate cues RUN/study.toml --class slash_burn --out CUES`
    """
    from tailprobe.investigate.cues.answer import investigate_cues
    from tailprobe.report.investigations.cues import cues_figures
    from tailprobe.report.investigations.write import write_finding

    study = study_of(source, given)
    with Bars(quiet=quiet) as bars:
        material, training = _material(study, given, bars)
        answer = investigate_cues(material, classes or (), given.study.get("methods", ()), training)
    finding = answer.finding()
    _say(finding, write_finding(finding, cues_figures(answer), out, source=study.source))


for command in (size, redundancy, budget, cues):
    investigate.command(command.__name__, cls=Command)(command)


def _material(study: "Study", given: Given, bars: Bars) -> "tuple[Material, Training]":
    """Return the collection of a study, embedded and split, and how heads are trained on it."""
    from tailprobe.investigate.trials import Material, Training
    from tailprobe.study.embedding import embed_all
    from tailprobe.study.reading import check, read_images
    from tailprobe.study.seeds import first_seeds

    execution = Execution(**given.execution)
    images = check(read_images(study), study, progress=bars)
    stored = next(iter(embed_all(study, images, execution, progress=bars).values()))
    kept = set(stored.names)
    if len(kept) < len(images):
        import numpy as np

        images = images.rows(np.array([i for i, name in enumerate(images.names) if name in kept]))
    material = Material.of(
        stored,
        images,
        seeds=first_seeds(study),
        split=study.split,
        first=study.seed,
        low_frequency=study.low_frequency,
    )
    training = Training(study.recipe, execution.kernel, execution.workers, bars)
    return material, training


def _say(finding: "Finding", page: Path) -> None:
    """Print the answer and where its page is."""
    for line in finding.answers:
        say(line)
    say(f"Page: {page}")
