"""What every investigation of the command line starts and ends with: its collection, and its folder."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tailprobe.cli import options as option
from tailprobe.cli.arguments import Source
from tailprobe.cli.settings import Given
from tailprobe.cli.studies import study_of
from tailprobe.console import Bars, print_text
from tailprobe.errors import InputError
from tailprobe.study.execution import Execution

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tailprobe.datasets.images import LabeledImages
    from tailprobe.embeddings.embeddings import Embeddings
    from tailprobe.investigate.finding import Finding
    from tailprobe.investigate.trials import Material, Training
    from tailprobe.report.investigations.write import Figures
    from tailprobe.runs.folder import RunFolder
    from tailprobe.runs.settings import Study

OF_STUDY = (
    "long_tail",
    "encoders",
    "weights",
    "standardise",
    "seeds",
    "seed",
    "split",
    "group_column",
    "low_frequency",
)
MEASURED = (*OF_STUDY, "metric", "margin", "thresholds")
OF_EXECUTION = ("cache", "workers", "kernel", "engine", "runtime", "precision", "dtype")
SEEDS = 10

Out = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help="Folder of page, figures, tables, e.g. size. Default, of a run: investigations/ in its folder.",
        rich_help_panel=option.OUTPUT,
    ),
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


def material_of(study: "Study", given: Given, bars: Bars) -> "tuple[Material, Training]":
    """Return the collection of a study under its first encoder, split, and how heads are trained on it."""
    first = replace(study, encoders=study.encoders[:1], weights=_weights_of(study, study.encoders[0]))
    material, training, _ = materials_of(first, given, bars)
    return material, training


def materials_of(study: "Study", given: Given, bars: Bars) -> "tuple[Material, Training, dict[str, Embeddings]]":
    """Return the same with the embeddings under every encoder, of the images that all of them could read."""
    from tailprobe.embeddings.embeddings import align
    from tailprobe.investigate.trials import Material, Training
    from tailprobe.study.embedding import embed_all
    from tailprobe.study.reading import check, read_images
    from tailprobe.study.seeds import first_seeds

    execution = Execution(**given.execution)
    images = check(read_images(study), study, progress=bars)
    stored = embed_all(study, images, execution, progress=bars)
    images = kept_images(images, stored)
    stored = {name: align(found, images.names) for name, found in stored.items()}
    material = Material.of(
        next(iter(stored.values())),
        images,
        seeds=first_seeds(study),
        split=study.split,
        first=study.seed,
        low_frequency=study.low_frequency,
    )
    return material, Training(study.recipe, execution.kernel, execution.workers, bars), stored


def kept_images(images: "LabeledImages", stored: "Mapping[str, Embeddings]") -> "LabeledImages":
    """Return the images that have every embedding: what one encoder cannot read is left out for all."""
    import numpy as np

    kept = set.intersection(*(set(found.names) for found in stored.values()))
    if len(kept) == len(images):
        return images
    return images.rows(np.array([i for i, name in enumerate(images.names) if name in kept], dtype=np.int64))


def asked(source: Source, given: Given, out: Path | None, name: str) -> "tuple[Study, Path]":
    """Return the study of what was typed, a run's where that is a run folder, and the folder of an investigation.

    Without `--out` the folder is created in the run folder.

    Raises:
        InputError: as `study_of`, or there is neither a run nor `--out`.
    """
    from tailprobe.runs.folder import RunFolder

    run = RunFolder(Path(source.data))
    if run.record.is_file():
        source = replace(source, data=str(run.study))
    study = study_of(source, given)
    if out is not None:
        return study, out
    run = RunFolder(Path(source.data).parent)
    if not source.data.endswith(".toml") or not run.record.is_file():
        raise InputError(f"investigate {name} needs --out DIR, unless it is given a finished run or its study.toml")
    return study, run.investigations / name


def write_and_print(finding: "Finding", figures: "Figures", out: Path, study: "Study") -> None:
    """Write the folder, in a run folder the run's page again, with its link, and print the answer."""
    from tailprobe.report.investigations.kept import run_folder_of
    from tailprobe.report.investigations.write import write_finding

    page = write_finding(finding, figures, out, source=study.source)
    for line in finding.answers:
        print_text(line)
    print_text(f"Page: {page}")
    folder = run_folder_of(out)
    if folder is not None:
        draw_run_page(folder)
        print_text(f"The study's page links to it: {folder.report}")


def draw_run_page(folder: "RunFolder") -> None:
    """Write the page of a finished run again, with links to its investigations."""
    from tailprobe.lock import locked_folder
    from tailprobe.report.write import write_report
    from tailprobe.runs.run import Run

    with locked_folder(folder.path):
        write_report([Run.load(folder.path)])


def _weights_of(study: "Study", encoder: str) -> dict[str, str]:
    return {name: file for name, file in study.weights.items() if name == encoder}
