"""`tailprobe inspect`: describe a collection before anything is trained on it."""

import logging
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tailprobe.cli import options as option
from tailprobe.cli.arguments import Source
from tailprobe.cli.settings import ALL_OF_INSPECTION, Given, with_settings
from tailprobe.cli.studies import study_of
from tailprobe.console import Bars, Terminal
from tailprobe.errors import InputError
from tailprobe.inspection.settings import InspectionSettings
from tailprobe.study.execution import Execution

if TYPE_CHECKING:
    from tailprobe.datasets.images import LabeledImages
    from tailprobe.embeddings.embeddings import Embeddings
    from tailprobe.inspection.inspection import Inspection
    from tailprobe.runs.settings import Study

_LOG = logging.getLogger(__name__)


@with_settings(
    study=("encoders", "weights", "split", "seed", "group_column"),
    execution=("cache", "workers"),
    inspection=ALL_OF_INSPECTION,
    defaults={"encoders": None, "split": None},
    texts={
        "encoders": "Find near duplicates by the embeddings of this encoder, e.g. descriptors.",
        "split": "Count duplicates across parts: those that the data give (default), or those of this split.",
        "seed": "Seed of that split, e.g. 1.",
        "workers": "Threads that read files, e.g. 4. Default: one per CPU core.",
    },
)
def inspect(
    source: Source,
    given: Given,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Write JSON, tables and figures into this folder, e.g. inspection.",
            rich_help_panel=option.OUTPUT,
        ),
    ] = None,
    files: Annotated[
        bool,
        typer.Option(
            "--files/--no-files",
            metavar=option.FLAG,
            help="Read every file, to find copies and unreadable images.",
            rich_help_panel=option.DATA,
        ),
    ] = True,
    quiet: option.Quiet = False,
) -> None:
    """Describe a collection before training on it: imbalance, co-occurring classes, duplicates, unreadable files.

    `tailprobe inspect IMAGES --labels TABLE --encoder resnet18 --split stratified --out INSPECTION`
    """
    import numpy as np

    from tailprobe.datasets.pixels.band_ranges import fit_ranges
    from tailprobe.inspection.inspection import inspect_images
    from tailprobe.inspection.write import check_inspection_folder
    from tailprobe.report.inspection import inspection_report
    from tailprobe.study.embedding import group_column
    from tailprobe.study.groups import NEAR
    from tailprobe.study.reading import check, read_images

    study = _study(source, given)
    if out is not None:
        check_inspection_folder(out)  # before long work
    images = read_images(study)
    images = fit_ranges(images, np.arange(len(images)), of="images")
    settings, execution = InspectionSettings(**given.inspection), Execution(**given.execution)
    with Bars(quiet=quiet) as bars:
        images = check(images, study, progress=bars) if group_column(study) == NEAR else images
        for note in images.notes:
            _LOG.info("%s", note)
        embeds = "encoders" in given.study or not images.has_pixels
        inspection = inspect_images(
            images,
            embeddings=_embeddings(study, images, execution, bars=bars) if embeds else None,
            parts=_parts(images, given.study.get("split"), study.seed),
            rules=settings.low_frequency,
            threshold=settings.threshold,
            read_files=files and images.has_pixels,
            workers=execution.workers,
            progress=bars,
        )
    console = Terminal()
    console.print(inspection_report(inspection))
    for line in _detectable(images, inspection):
        console.print(line, highlight=False, markup=False)
    if out is not None:
        _write(inspection, out)
        console.print(f"\nInspection: {out}", highlight=False, markup=False)


def _study(source: Source, given: Given) -> "Study":
    """Return the study whose images are inspected; images that cannot be read are left out and reported."""
    named = given.study.get("encoders", ())
    if len(named) > 1:
        raise InputError(f"--encoder: near duplicates are found by one encoder, got {', '.join(named)}; name one")
    return study_of(source, replace(given, study={**given.study, "on_bad_image": "skip"}))


def _embeddings(study: "Study", images: "LabeledImages", execution: Execution, *, bars: Bars) -> "Embeddings":
    """Return the embeddings by the study's first encoder."""
    from tailprobe.study.embedding import embed_all

    name = study.encoders[0]
    weights = {name: study.weights[name]} if name in study.weights else {}
    alone = replace(study, encoders=(name,), weights=weights)
    (stored,) = embed_all(alone, images, execution, progress=bars).values()
    return stored


def _parts(images: "LabeledImages", split: str | None, seed: int) -> tuple[str, ...] | None:
    """Return the part of each image; None if the data give no parts and no split is asked for."""
    from tailprobe.parts import PARTS
    from tailprobe.splits import plan_splits

    if split is None:
        return images.given_parts
    plan = plan_splits(images.labels, split, parts=images.given_parts, groups=images.groups, first=seed)
    found = plan.split(seed)
    part_of = {int(row): part for part in PARTS for row in getattr(found, part)}
    return tuple(part_of[row] for row in range(len(images)))


def _detectable(images: "LabeledImages", inspection: "Inspection") -> list[str]:
    """Return sentences on what a study with default settings would detect, for the classes that the first rule selects.

    They are those of `study.planning.plan_sentences`; where the rule selects every class or none, there is no study.
    """
    from tailprobe.frequency import no_comparison
    from tailprobe.methods.lookup import parse_methods
    from tailprobe.runs.settings import Study
    from tailprobe.scores.metric import default_margin
    from tailprobe.study.planning import METRIC, plan_sentences
    from tailprobe.study.seeds import FIRST

    methods = [method for method in parse_methods(Study.methods) if method.family not in ("baseline", "post-hoc")]
    rule, low = next(iter(inspection.labels.low_frequency.items()))
    if refused := no_comparison(images.labels, low):
        return [f"There is no study by the rule {rule}: {refused}."]
    margin = default_margin(METRIC)
    seeds = FIRST if Study.seeds == "auto" else Study.seeds
    found = plan_sentences(images, low, seeds=seeds, methods=len(methods), margin=margin)
    return [f"By the rule {rule}: {line}" for line in found]


def _write(inspection: "Inspection", out: Path) -> None:
    from tailprobe.inspection.write import write_inspection
    from tailprobe.lock import locked_folder
    from tailprobe.report.figures.class_distribution import class_distribution
    from tailprobe.report.figures.cooccurrence import cooccurrence
    from tailprobe.report.figures.write import write_figures

    labels = inspection.labels
    rule, low = next(iter(labels.low_frequency.items()))
    figures = {"class_distribution": class_distribution(labels.counts, labels.classes, low, definition=rule)}
    if labels.kind == "multi-label":
        figures["cooccurrence"] = cooccurrence(labels.cooccurrence, labels.classes, low)
    with locked_folder(out):
        write_inspection(inspection, out)
        write_figures(figures, out / "figures")
