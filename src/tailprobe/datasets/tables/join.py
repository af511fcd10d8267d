"""The images of a folder or archive, matched to the rows of a label table by name."""

import numpy as np

from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.pixels.bands import BandSelection
from tailprobe.datasets.storage.image_files import ImageFiles, OnBadImage, preview
from tailprobe.datasets.tables.tags import TagTable
from tailprobe.errors import InputError
from tailprobe.labels import Labels


def join_images(table: TagTable, files: ImageFiles, *, bands: BandSelection, on_bad_image: OnBadImage) -> LabeledImages:
    """Match the images of a folder or archive to the rows of a table.

    Images that no row names are left out. A class whose every image is skipped stays, and is named in the notes.

    Raises:
        InputError: an image is missing and `on_bad_image` is "error"; every image is missing; a name fits several
            images, or two names fit one.
    """
    paths = _match(table, files)
    found = [n for n, path in enumerate(paths) if path is not None]
    missing = [table.names[n] for n, path in enumerate(paths) if path is None]
    if missing and (on_bad_image == "error" or not found):
        n = paths.index(None)
        fix = "" if not found else " or pass --on-bad-image skip to leave them out"
        raise InputError(
            f"{table.where[n]}: image {missing[0]!r} is not in {files.source}; {len(missing):,} of {len(paths):,} "
            f"images are missing ({preview(missing)}); give the folder that holds them{fix}"
        )
    labels = table.labels.rows(np.array(found, dtype=np.int64))
    return LabeledImages(
        names=tuple(table.names[n] for n in found),
        image_sources=tuple(files.image_sources[path] for path in paths if path is not None),
        labels=labels,
        source=str(files.source),
        bands=bands,
        given_parts=None if table.given_parts is None else tuple(table.given_parts[n] for n in found),
        groups=None if table.groups is None else tuple(table.groups[n] for n in found),
        notes=table.notes + files.notes + _notes(missing, len(paths), _empty_classes(labels)),
    )


def _match(table: TagTable, files: ImageFiles) -> list[str | None]:
    """Return the relative path of each row's image, None where there is none."""
    index, folder = files.index(), files.source.name + "/"
    rows: dict[str, int] = {}
    paths: list[str | None] = []
    for n, name in enumerate(table.names):
        matches = [name] if name in files.image_sources else index.get(name) or index.get(name.removeprefix(folder), [])
        if len(matches) > 1:
            raise InputError(
                f"{table.where[n]}: image {name!r} matches {matches[0]} and {matches[1]} in {files.source}; "
                "name it by its path with its extension, or give the folder of one of them"
            )
        paths.append(matches[0] if matches else None)
        if matches and rows.setdefault(matches[0], n) != n:
            raise InputError(
                f"{table.where[n]}: image {matches[0]} is already named by "
                f"{table.where[rows[matches[0]]]}; keep one row"
            )
    return paths


def _empty_classes(labels: Labels) -> list[str]:
    return [name for name, count in zip(labels.classes, labels.counts, strict=True) if count == 0]


def _notes(missing: list[str], rows: int, empty: list[str]) -> tuple[str, ...]:
    notes: tuple[str, ...] = ()
    if missing:
        notes += (f"{len(missing):,} of {rows:,} images are missing and left out: {preview(missing, shown=100)}",)
    if empty:
        notes += (f"no image is left of {len(empty)} classes: {', '.join(empty)}",)
    return notes
