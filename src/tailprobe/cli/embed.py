"""`tailprobe embed`: the embeddings of a collection and no heads."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tailprobe.cli import options as option
from tailprobe.cli.arguments import reader_of, weights_of
from tailprobe.console import Bars
from tailprobe.errors import InputError

if TYPE_CHECKING:
    from tailprobe.embeddings.embeddings import Embeddings


def embed(
    data: option.Data,
    export: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write them for other tools, as the ending says: .npy, .npz, .parquet, .lance or .zarr; one encoder.",
        ),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what --export finds there.")] = False,
    labels: option.Labels = None,
    format: option.Format = "auto",
    read: option.Read = None,
    bands: option.Bands = None,
    on_bad_image: option.OnBadImage = "error",
    encoder: option.Encoders = None,
    weights: option.Weights = None,
    cache: option.Cache = None,
    engine: option.Engine = "local",
    runtime: option.Runtime = "auto",
    precision: option.Precision = "auto",
    dtype: option.Dtype = "float32",
    dry_run: option.DryRun = False,
    quiet: option.Quiet = False,
) -> None:
    """Embed a collection and say where its store is; `compare` and `inspect` take it from there.

    `tailprobe embed IMAGES --encoder resnet18 --export resnet18.parquet`

    Killed at any moment, the same command goes on.
    """
    from tailprobe.datasets.storage.url import absolute
    from tailprobe.embeddings.export import check_target, export_embeddings
    from tailprobe.study.computing import Computing, default_cache
    from tailprobe.study.dry_run import dry_run_embedding
    from tailprobe.study.embedding import embed_all
    from tailprobe.study.run import check, read_images
    from tailprobe.study.settings import Study, default_encoders

    source = absolute(data)
    study = Study(
        source=source,
        reader=reader_of(labels, format, bands, read),
        encoders=tuple(encoder or default_encoders(source, format)),
        weights=weights_of(weights),
        on_bad_image=on_bad_image,  # type: ignore[arg-type]  # checked there
    )
    computing = Computing(
        cache=cache or default_cache(), engine=engine, runtime=runtime, precision=precision, dtype=dtype
    )
    if export is not None:
        if len(study.encoders) != 1:
            raise InputError(f"--export {export}: holds the embeddings of one encoder; name it by one --encoder")
        check_target(export, overwrite=overwrite)
    with Bars(quiet=quiet) as bars:
        images = check(read_images(study), study)
        for note in images.notes:
            bars.tell(note)
        if dry_run:
            for line in dry_run_embedding(study, images, computing, tell=bars.tell):
                typer.echo(line)
            return
        found = embed_all(study, images, computing, progress=bars, tell=bars.tell)
    for stored in found.values():
        typer.echo(_sentence(stored))
        if export is not None:
            typer.echo(export_embeddings(stored, export, overwrite=overwrite))


def _sentence(stored: "Embeddings") -> str:
    left_out = f", {len(stored.skipped):,} unreadable left out" if stored.skipped else ""
    where = "" if stored.store is None else f", in {stored.store}"
    return f"{stored.encoder}: {len(stored):,} images of {stored.width:,} numbers{left_out}{where}"
