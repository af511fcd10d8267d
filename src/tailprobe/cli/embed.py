"""`tailprobe embed`: compute the embeddings of a collection."""

import logging
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tailprobe.cli import options as option
from tailprobe.cli.arguments import Source
from tailprobe.cli.settings import Given, with_settings
from tailprobe.cli.studies import study_of
from tailprobe.console import Bars, print_text
from tailprobe.errors import InputError
from tailprobe.study.execution import Execution

if TYPE_CHECKING:
    from tailprobe.datasets.images import LabeledImages
    from tailprobe.embeddings.embeddings import Embeddings
    from tailprobe.runs.settings import Study


_LOG = logging.getLogger(__name__)


@with_settings(
    study=("on_bad_image", "encoders", "weights"),
    execution=("cache", "engine", "runtime", "precision", "dtype"),
)
def embed(
    source: Source,
    given: Given,
    export: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write the embeddings of one encoder for other tools, in the format of the file's ending, e.g. "
            "embeddings.npz: .npy, .npz, "
            ".parquet, .lance or .zarr. Labels come along.",
            rich_help_panel=option.OUTPUT,
        ),
    ] = None,
    overwrite: Annotated[
        bool,
        typer.Option(
            "--overwrite", metavar=option.FLAG, help="Replace the file of --export.", rich_help_panel=option.OUTPUT
        ),
    ] = False,
    dry_run: option.DryRun = False,
    quiet: option.Quiet = False,
) -> None:
    """Embed a collection and print where its embeddings are kept; `compare` and `inspect` read them from there.

    `tailprobe embed IMAGES --encoder resnet18 --export resnet18.parquet`

    If interrupted, the same command continues.
    """
    from tailprobe.embeddings.export import check_target, export_embeddings
    from tailprobe.study.dry_run import dry_run_embedding
    from tailprobe.study.embedding import embed_all
    from tailprobe.study.reading import check

    study = study_of(source, given)
    execution = Execution(**given.execution)
    if export is not None:
        if len(study.encoders) != 1:
            raise InputError(f"--export {export}: holds the embeddings of one encoder; name it by one --encoder")
        check_target(export, overwrite=overwrite)
    with Bars(quiet=quiet) as bars:
        images = check(_images(study), study)
        for note in images.notes:
            _LOG.info("%s", note)
        if dry_run:
            for line in dry_run_embedding(study, images, execution):
                print_text(line)
            return
        found = embed_all(study, images, execution, progress=bars)
    for stored in found.values():
        print_text(_sentence(stored))
        if export is not None:
            print_text(export_embeddings(stored, export, images=images, overwrite=overwrite))


def _images(study: "Study") -> "LabeledImages":
    """Read the images of a study, without labels if there are none, since embedding needs none.

    Raises:
        InputError: as `tailprobe.read`, if the images cannot be read without labels either.
    """
    from tailprobe.datasets.read import find_format
    from tailprobe.datasets.readers.unlabelled import FORMAT
    from tailprobe.study.reading import read_images

    try:
        return read_images(study)
    except InputError:
        if study.reader.get("labels") is not None or study.reader.get("format", "auto") != "auto":
            raise
        if find_format(study.source) != "folder":
            raise
        options = {name: value for name, value in study.reader.items() if name == "bands"}
        return read_images(replace(study, reader={"format": FORMAT} | options))


def _sentence(stored: "Embeddings") -> str:
    left_out = f", {len(stored.skipped):,} unreadable left out" if stored.skipped else ""
    where = "" if stored.store is None else f", in {stored.store}"
    return f"{stored.encoder}: {len(stored):,} images of {stored.width:,} numbers{left_out}{where}"
