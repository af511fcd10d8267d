"""`tailprobe inspect`: what is to be known of a collection before anything is trained on it."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tailprobe.cli import options as option
from tailprobe.cli.arguments import reader_of
from tailprobe.console import Bars

if TYPE_CHECKING:
    from tailprobe.datasets.images import LabeledImages
    from tailprobe.embeddings.embeddings import Embeddings
    from tailprobe.inspection.inspection import Inspection
    from tailprobe.study.settings import Study

_NEAR = "Copies"


def inspect(
    data: option.Data,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Leave JSON, tables and pictures in this folder.")
    ] = None,
    labels: option.Labels = None,
    format: option.Format = "auto",
    read: option.Read = None,
    bands: option.Bands = None,
    low_frequency: Annotated[
        list[str] | None,
        typer.Option(metavar="RULE", help="Definitions of low-frequency classes instead of the usual four."),
    ] = None,
    encoder: Annotated[
        str | None,
        typer.Option(help="Look for near duplicates by the embeddings of this encoder.", rich_help_panel=_NEAR),
    ] = None,
    weights: Annotated[Path | None, typer.Option(help="Its weights from a local file.", rich_help_panel=_NEAR)] = None,
    threshold: Annotated[
        float, typer.Option(help="Cosine from which two images are near duplicates.", rich_help_panel=_NEAR)
    ] = 0.99,
    split: Annotated[
        str,
        typer.Option(
            help="The parts to look across: auto (as the data give them, if they do), or those of a study: "
            "stratified, random, given, two-part.",
            rich_help_panel=_NEAR,
        ),
    ] = "auto",
    seed: Annotated[int, typer.Option(help="Seed of that split, as of a study.", rich_help_panel=_NEAR)] = 0,
    files: Annotated[
        bool,
        typer.Option(
            "--files/--no-files", help="Read every file, for copies and unreadable images.", rich_help_panel=_NEAR
        ),
    ] = True,
    cache: option.Cache = None,
    workers: Annotated[int | None, typer.Option(help="Threads that read files; one a core by default.")] = None,
    quiet: option.Quiet = False,
) -> None:
    """Look at a collection before training on it: imbalance, classes that go together, copies, unreadable files.

    `tailprobe inspect IMAGES --labels TABLE --encoder resnet18 --split stratified --out INSPECTION`
    """
    import numpy as np
    from rich.console import Console

    from tailprobe.datasets.pixels.band_ranges import fit_ranges
    from tailprobe.inspection.inspection import RULES, inspect_images
    from tailprobe.report.inspection import inspection_report
    from tailprobe.study.run import read_images

    study = _study(data, labels, format, bands, read)
    images = read_images(study)
    images = fit_ranges(images, np.arange(len(images)), of="images")
    with Bars(quiet=quiet) as bars:
        for note in images.notes:
            bars.tell(note)
        inspection = inspect_images(
            images,
            embeddings=_embeddings(study, images, encoder, weights, cache=cache, bars=bars),
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


def _study(data: str, labels: str | None, form: str, bands: str | None, read: list[str] | None) -> "Study":
    """Return the settings by which a study would read the data; what cannot be read is left out and told."""
    from tailprobe.datasets.storage.url import absolute
    from tailprobe.study.settings import Study, default_encoders, read_study

    if data.endswith(".toml"):
        return replace(read_study(Path(data)), on_bad_image="skip")
    reader = reader_of(labels, form, bands, read)
    source = absolute(data)
    return Study(source=source, reader=reader, encoders=default_encoders(source, form), on_bad_image="skip")


def _embeddings(
    study: "Study",
    images: "LabeledImages",
    encoder: str | None,
    weights: Path | None,
    *,
    cache: Path | None,
    bars: Bars,
) -> "Embeddings | None":
    from tailprobe.study.computing import Computing, default_cache
    from tailprobe.study.embedding import embed_all

    if encoder is None and images.has_pixels:
        return None
    name = encoder or study.encoders[0]
    alone = replace(study, encoders=(name,), weights={} if weights is None else {name: str(weights)})
    (stored,) = embed_all(
        alone, images, Computing(cache=cache or default_cache()), progress=bars, tell=bars.tell
    ).values()
    return stored


def _parts(images: "LabeledImages", split: str, seed: int) -> tuple[str, ...] | None:
    """Return the part of each image, None where there are none."""
    from tailprobe.parts import PARTS
    from tailprobe.randomness import generator
    from tailprobe.splits import make_split

    if split == "auto":
        return images.given_parts
    found = make_split(images.labels, split, images.given_parts, rng=generator(seed, "split"))
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
