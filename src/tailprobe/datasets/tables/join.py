"""Match the images of a folder or archive to the rows of a label table by name."""

import numpy as np

from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.pixels.bands import BandSelection
from tailprobe.datasets.storage.image_files import ImageFiles, OnBadImage, preview
from tailprobe.datasets.tables.match import ImageNames, Match
from tailprobe.datasets.tables.tags import TagTable
from tailprobe.errors import InputError
from tailprobe.labels import Labels

_DIFFER = {
    "case": "case, Unicode form or the spelling of the ending",
    "ending": "the ending",
    "upload": "the prefix of an upload",
}


def join_images(
    table: TagTable,
    files: ImageFiles,
    *,
    bands: BandSelection,
    on_bad_image: OnBadImage,
    images: ImageNames | None = None,
    count_unused: bool = True,
) -> LabeledImages:
    """Match the images of a folder or archive to the rows of a table.

    Images that no row names are left out and counted in the notes. A class is kept even if all its images are skipped,
    and listed in the notes.

    Args:
        table: the rows.
        files: the images.
        bands: which bands are read.
        on_bad_image: "skip" leaves rows without an image out.
        images: the index of `files`, if it has been built already.
        count_unused: False if the table's notes say already which images are left out.

    Raises:
        InputError: an image is missing and `on_bad_image` is "error"; every image is missing; a name matches
            several images, or two names match the same image.
    """
    images = images or ImageNames(files)
    matches = [images.match(name) for name in table.names]
    paths = _paths(table, files, matches)
    found = [n for n, path in enumerate(paths) if path is not None]
    missing = [table.names[n] for n, path in enumerate(paths) if path is None]
    if missing and (on_bad_image == "error" or not found):
        _refuse_missing(table, images, missing, paths.index(None), some=bool(found))
    labels = table.labels.rows(np.array(found, dtype=np.int64))
    parts, groups = table.given_parts, table.groups
    return LabeledImages(
        names=tuple(table.names[n] for n in found),
        image_sources=tuple(files.image_sources[path] for path in paths if path is not None),
        labels=labels,
        source=str(files.source),
        bands=bands,
        given_parts=None if parts is None else tuple(parts[n] for n in found),
        groups=None if groups is None else tuple(groups[n] for n in found),
        notes=table.notes
        + files.notes
        + _near_misses(table, matches)
        + (_unused(files, paths) if count_unused else ())
        + _notes(missing, len(paths), _empty_classes(labels)),
    )


def _paths(table: TagTable, files: ImageFiles, matches: list[Match]) -> list[str | None]:
    """Return the relative path of each row's image, None for a missing image."""
    rows: dict[str, int] = {}
    paths: list[str | None] = []
    for n, (name, match) in enumerate(zip(table.names, matches, strict=True)):
        if len(match.paths) > 1:
            raise InputError(
                f"{table.where[n]}: image {name!r} matches {match.paths[0]} and {match.paths[1]} in {files.source}; "
                "name it by its path with its extension, or pass the folder of one of them"
            )
        paths.append(match.paths[0] if match.paths else None)
        if match.paths and rows.setdefault(match.paths[0], n) != n:
            raise InputError(
                f"{table.where[n]}: image {match.paths[0]} is already named by "
                f"{table.where[rows[match.paths[0]]]}; keep one row"
            )
    return paths


def _refuse_missing(table: TagTable, images: ImageNames, missing: list[str], n: int, *, some: bool) -> None:
    near = images.near(missing[0])
    nearest = f" (near: {', '.join(map(repr, near))})" if near else ""
    fix = " or pass --on-bad-image skip to leave them out" if some else ""
    raise InputError(
        f"{table.where[n]}: image {missing[0]!r} is not in {images.files.source}{nearest}; {len(missing):,} of "
        f"{len(table.names):,} images are missing ({preview(missing)}); pass the folder that holds them{fix}"
    )


def _unused(files: ImageFiles, paths: list[str | None]) -> tuple[str, ...]:
    named = set(paths)
    left = [path for path in files.image_sources if path not in named]
    if not left:
        return ()
    number = f"{len(left):,} of {len(files.image_sources):,} images"
    return (f"{number} are not used: the table has no row for them, or it is left out ({preview(left)})",)


def _near_misses(table: TagTable, matches: list[Match]) -> tuple[str, ...]:
    notes: tuple[str, ...] = ()
    for how, what in _DIFFER.items():
        near = [n for n, match in enumerate(matches) if match.how == how]
        if near:
            first = f"{table.names[near[0]]!r} as {matches[near[0]].paths[0]!r}"
            notes += (f"{len(near):,} names differ from their files in {what} (first: {first})",)
    return notes


def _empty_classes(labels: Labels) -> list[str]:
    return [name for name, count in zip(labels.classes, labels.counts, strict=True) if count == 0]


def _notes(missing: list[str], rows: int, empty: list[str]) -> tuple[str, ...]:
    notes: tuple[str, ...] = ()
    if missing:
        notes += (f"{len(missing):,} of {rows:,} images are missing and left out: {preview(missing, shown=100)}",)
    if empty:
        notes += (f"{len(empty)} classes have no image left: {', '.join(empty)}",)
    return notes
