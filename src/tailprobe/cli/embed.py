"""`tailprobe embed`: the embeddings of a collection and no heads."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tailprobe.cli import options as option
from tailprobe.cli.arguments import reader_of
from tailprobe.cli.settings import Given, with_settings
from tailprobe.cli.studies import study_of
from tailprobe.console import Bars
from tailprobe.errors import InputError
from tailprobe.study.execution import Execution

if TYPE_CHECKING:
    from tailprobe.embeddings.embeddings import Embeddings


_LOG = logging.getLogger(__name__)


@with_settings(
    study=("on_bad_image", "encoders", "weights"), execution=("cache", "engine", "runtime", "precision", "dtype")
)
def embed(
    data: option.Data,
    given: Given,
    export: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write the embeddings of one encoder for other tools, in the format of the file's ending: .npy, .npz, "
            ".parquet, .lance or .zarr.",
            rich_help_panel=option.OUTPUT,
        ),
    ] = None,
    overwrite: Annotated[
        bool,
        typer.Option(
            "--overwrite", metavar=option.FLAG, help="Replace the file of --export.", rich_help_panel=option.OUTPUT
        ),
    ] = False,
    labels: option.Labels = None,
    format: option.Format = "auto",
    read: option.Read = None,
    bands: option.Bands = None,
    dry_run: option.DryRun = False,
    quiet: option.Quiet = False,
) -> None:
    """Embed a collection and print where its embeddings are kept; `compare` and `inspect` read them from there.

    `tailprobe embed IMAGES --encoder resnet18 --export resnet18.parquet`

    If interrupted, the same command resumes.
    """
    from tailprobe.embeddings.export import check_target, export_embeddings
    from tailprobe.study.dry_run import dry_run_embedding
    from tailprobe.study.embedding import embed_all
    from tailprobe.study.reading import check, read_images

    study = study_of(data, reader_of(labels, format, bands, read), given)
    execution = Execution(**given.execution)
    if export is not None:
        if len(study.encoders) != 1:
            raise InputError(f"--export {export}: holds the embeddings of one encoder; name it by one --encoder")
        check_target(export, overwrite=overwrite)
    with Bars(quiet=quiet) as bars:
        images = check(read_images(study), study)
        for note in images.notes:
            _LOG.info("%s", note)
        if dry_run:
            for line in dry_run_embedding(study, images, execution):
                typer.echo(line)
            return
        found = embed_all(study, images, execution, progress=bars)
    for stored in found.values():
        typer.echo(_sentence(stored))
        if export is not None:
            typer.echo(export_embeddings(stored, export, overwrite=overwrite))


def _sentence(stored: "Embeddings") -> str:
    left_out = f", {len(stored.skipped):,} unreadable left out" if stored.skipped else ""
    where = "" if stored.store is None else f", in {stored.store}"
    return f"{stored.encoder}: {len(stored):,} images of {stored.width:,} numbers{left_out}{where}"
