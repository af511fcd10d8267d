"""The images of a folder or archive, matched to the rows of a label table by name."""

import numpy as np

from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.pixels.bands import BandSelection
from tailprobe.datasets.storage.image_files import ImageFiles, OnBadImage, shorten
from tailprobe.datasets.tables.tags import TagTable
from tailprobe.errors import InputError
from tailprobe.labels import Labels


def join_images(table: TagTable, files: ImageFiles, *, bands: BandSelection, on_bad_image: OnBadImage) -> LabeledImages:
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
