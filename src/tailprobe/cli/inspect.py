"""`tailprobe inspect`: what is to be known of a collection before anything is trained on it."""

import logging
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tailprobe.cli import options as option
from tailprobe.cli.arguments import reader_of
from tailprobe.cli.settings import Given, with_settings
from tailprobe.cli.studies import study_of
from tailprobe.console import Bars
from tailprobe.study.execution import Execution

if TYPE_CHECKING:
    from tailprobe.datasets.images import LabeledImages
    from tailprobe.embeddings.embeddings import Embeddings
    from tailprobe.inspection.inspection import Inspection
    from tailprobe.runs.settings import Study

_LOG = logging.getLogger(__name__)
_COPIES = "Duplicates"


@with_settings(study=("group_column",), execution=("cache",))
def inspect(
    data: option.Data,
    given: Given,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Write JSON, tables and figures into this folder.", rich_help_panel=option.OUTPUT
        ),
    ] = None,
    labels: option.Labels = None,
    format: option.Format = "auto",
    read: option.Read = None,
    bands: option.Bands = None,
    low_frequency: Annotated[
        list[str] | None,
        typer.Option(
            metavar="RULE",
            help="Definition of the low-frequency classes, e.g. below(500); repeat for several. Default: four rules.",
            rich_help_panel=option.DESIGN,
        ),
    ] = None,
    encoder: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Find near duplicates by the embeddings of this encoder.", rich_help_panel=_COPIES
        ),
    ] = None,
    weights: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Weights of that encoder from a local file.", rich_help_panel=_COPIES),
    ] = None,
    threshold: Annotated[
        float,
        typer.Option(
            metavar="NUMBER",
            help="Cosine similarity from which two images are near duplicates.",
            min=-1,
            max=1,
            rich_help_panel=_COPIES,
        ),
    ] = 0.99,
    split: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Parts across which duplicates are counted: auto (those the data give, if any), or a study's split: "
            "rotated, stratified, random, given or two-part.",
            rich_help_panel=_COPIES,
        ),
    ] = "auto",
    seed: Annotated[
        int, typer.Option(metavar="INTEGER", help="Seed of that split.", min=0, rich_help_panel=_COPIES)
    ] = 0,
    files: Annotated[
        bool,
        typer.Option(
            "--files/--no-files",
            metavar=option.FLAG,
            help="Read every file, to find copies and unreadable images.",
            rich_help_panel=_COPIES,
        ),
    ] = True,
    workers: Annotated[
        int | None,
        typer.Option(
            metavar="INTEGER",
            help="Threads that read files. Default: one per CPU core.",
            min=1,
            rich_help_panel=option.EXECUTION,
        ),
    ] = None,
    quiet: option.Quiet = False,
) -> None:
    """Describe a collection before training on it: imbalance, co-occurring classes, duplicates, unreadable files.

    `tailprobe inspect IMAGES --labels TABLE --encoder resnet18 --split stratified --out INSPECTION`
    """
    import numpy as np
    from rich.console import Console

    from tailprobe.datasets.pixels.band_ranges import fit_ranges
    from tailprobe.inspection.inspection import RULES, inspect_images
    from tailprobe.report.inspection import inspection_report
    from tailprobe.study.embedding import group_column
    from tailprobe.study.groups import NEAR
    from tailprobe.study.reading import check, read_images

    # What cannot be read is left out and reported.
    reader = reader_of(labels, format, bands, read)
    study = study_of(data, reader, Given(study=given.study | {"on_bad_image": "skip"}))
    execution = Execution(**given.execution)
    images = read_images(study)
    images = fit_ranges(images, np.arange(len(images)), of="images")
    with Bars(quiet=quiet) as bars:
        images = check(images, study, progress=bars) if group_column(study) == NEAR else images
        for note in images.notes:
            _LOG.info("%s", note)
        inspection = inspect_images(
            images,
            embeddings=_embeddings(study, images, encoder, weights, execution, bars=bars),
            parts=_parts(images, split, seed),
            rules=tuple(low_frequency or RULES),
            threshold=threshold,
            read_files=files and images.has_pixels,
            workers=workers,
            progress=bars,
        )
    console = Console()
    console.print(inspection_report(inspection))
    if out is not None:
        _write(inspection, out)
        console.print(f"\nInspection: {out}", highlight=False, markup=False)


def _embeddings(
    study: "Study",
    images: "LabeledImages",
    encoder: str | None,
    weights: Path | None,
    execution: Execution,
    *,
    bars: Bars,
) -> "Embeddings | None":
    from tailprobe.study.embedding import embed_all

    if encoder is None and images.has_pixels:
        return None
    name = encoder or study.encoders[0]
    alone = replace(study, encoders=(name,), weights={} if weights is None else {name: str(weights)})
    (stored,) = embed_all(alone, images, execution, progress=bars).values()
    return stored


def _parts(images: "LabeledImages", split: str, seed: int) -> tuple[str, ...] | None:
    """Return the part of each image, None where there are none."""
    from tailprobe.parts import PARTS
    from tailprobe.splits import plan_splits

    if split == "auto":
        return images.given_parts
    plan = plan_splits(images.labels, split, parts=images.given_parts, groups=images.groups, first=seed)
    found = plan.split(seed)
    part_of = {int(row): part for part in PARTS for row in getattr(found, part)}
    return tuple(part_of[row] for row in range(len(images)))


def _write(inspection: "Inspection", out: Path) -> None:
    from tailprobe.inspection.write import write_inspection
    from tailprobe.report.figures.class_distribution import class_distribution
    from tailprobe.report.figures.cooccurrence import cooccurrence
    from tailprobe.report.figures.write import write_figures

    labels = inspection.labels
    rule, low = next(iter(labels.low_frequency.items()))
    figures = {"class_distribution": class_distribution(labels.counts, labels.classes, low, definition=rule)}
    if labels.kind == "multi-label":
        figures["cooccurrence"] = cooccurrence(labels.cooccurrence, labels.classes, low)
    write_inspection(inspection, out)
    write_figures(figures, out / "figures")
