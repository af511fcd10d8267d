"""A table of image names and tags beside a folder, or a .zip, of images."""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from tailprobe.datasets.columns import TABLES
from tailprobe.datasets.image_files import ImageFiles, OnBadImage, find_images, shorten
from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.reader import READERS, Reader
from tailprobe.datasets.tags import OnUnknownTag, TagTable, read_tags
from tailprobe.datasets.url import Source
from tailprobe.errors import InputError
from tailprobe.labels import Kind, Labels


def read_table(
    source: Source,
    labels: Source | None = None,
    *,
    bands: str = "rgb",
    on_bad_image: OnBadImage = "error",
    name_column: str | None = None,
    tags_column: str | None = None,
    part_column: str | None = None,
    separator: str | None = None,
    classes: Sequence[str] | None = None,
    kind: Kind | Literal["auto"] = "auto",
    on_unknown_tag: OnUnknownTag = "error",
) -> LabeledImages:
    """Read the images that a table names.

    Names may have an extension or not, and may be any tail of a path below `source`: `x`, `x.jpg`, `a/x.jpg`.

    Args:
        source: the folder or .zip of the images, or the table itself if the images lie beside it.
        labels: the table.
        bands: see `tailprobe.datasets.decode`.
        on_bad_image: "skip" leaves out rows whose image is missing, and says which in the notes.
        name_column, tags_column, part_column, separator, classes, kind, on_unknown_tag: see `read_tags`.

    Raises:
        InputError: as `read_tags` and `find_images`; an image is missing, or a name fits several.
    """
    if labels is None:
        source, labels = source.parent, source
    table = read_tags(
        labels,
        name_column=name_column,
        tags_column=tags_column,
        part_column=part_column,
        separator=separator,
        classes=classes,
        kind=kind,
        on_unknown_tag=on_unknown_tag,
    )
    return join_images(table, find_images(source, on_bad_image=on_bad_image), bands=bands, on_bad_image=on_bad_image)


def join_images(table: TagTable, files: ImageFiles, *, bands: str, on_bad_image: OnBadImage) -> LabeledImages:
    """Put the images of a folder or archive to the rows of a table.

    Images that no row names are left out. A class whose every image is skipped stays, and is told in the notes.

    Raises:
        InputError: an image is missing and `on_bad_image` is "error"; every image is missing; a name fits several
            images, or two names fit one.
    """
    paths = _match(table, files)
    found = [n for n, path in enumerate(paths) if path is not None]
    missing = [table.names[n] for n, path in enumerate(paths) if path is None]
    if missing and (on_bad_image == "error" or not found):
        n = paths.index(None)
        mend = "" if not found else " or pass --on-bad-image skip to leave them out"
        raise InputError(
            f"{table.where[n]}: image {missing[0]!r} is not in {files.source}; {len(missing):,} of {len(paths):,} "
            f"images are missing ({shorten(missing)}); give the folder that holds them{mend}"
        )
    labels = table.labels.rows(np.array(found, dtype=np.int64))
    return LabeledImages(
        names=tuple(table.names[n] for n in found),
        locations=tuple(files.locations[path] for path in paths if path is not None),
        labels=labels,
        source=str(files.source),
        bands=bands,
        given_parts=None if table.given_parts is None else tuple(table.given_parts[n] for n in found),
        notes=table.notes + files.notes + _notes(missing, len(paths), _emptied(labels)),
    )


def _match(table: TagTable, files: ImageFiles) -> list[str | None]:
    """Return the relative path of each row's image, None where there is none."""
    index, own = files.index(), files.source.name + "/"
    rows: dict[str, int] = {}
    paths: list[str | None] = []
    for n, name in enumerate(table.names):
        fits = [name] if name in files.locations else index.get(name) or index.get(name.removeprefix(own), [])
        if len(fits) > 1:
            raise InputError(
                f"{table.where[n]}: image {name!r} fits {fits[0]} and {fits[1]} in {files.source}; "
                "name it by its path with its extension, or give the folder of one of them"
            )
        paths.append(fits[0] if fits else None)
        if fits and rows.setdefault(fits[0], n) != n:
            raise InputError(
                f"{table.where[n]}: image {fits[0]} is already named by {table.where[rows[fits[0]]]}; keep one row"
            )
    return paths


def _emptied(labels: Labels) -> list[str]:
    return [name for name, count in zip(labels.classes, labels.counts, strict=True) if count == 0]


def _notes(missing: list[str], rows: int, emptied: list[str]) -> tuple[str, ...]:
    notes: tuple[str, ...] = ()
    if missing:
        notes += (f"{len(missing):,} of {rows:,} images are missing and left out: {shorten(missing, shown=100)}",)
    if emptied:
        notes += (f"no image is left of {len(emptied)} classes: {', '.join(emptied)}",)
    return notes


def _recognises(source: Source, labels: Source | None) -> bool:
    return labels is not None or source.suffix.lower() in TABLES


READERS.add(
    "table", Reader(read_table, _recognises, "a table of image names and tags beside a folder or .zip of images")
)
