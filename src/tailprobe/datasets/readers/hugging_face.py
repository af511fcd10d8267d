"""Images in Hugging Face `datasets` formats: a saved folder, or Parquet files as on the hub."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.pixels.bands import BandSelection, Composite
from tailprobe.datasets.registry import READERS, Reader
from tailprobe.datasets.storage.image_files import OnBadImage
from tailprobe.datasets.storage.image_source import ImageSource
from tailprobe.datasets.storage.parquet_images import ParquetPart, image_features, parquet_files, parquet_parts
from tailprobe.datasets.storage.saved_dataset import (
    SavedPart,
    class_names,
    is_saved_dataset,
    saved_parts,
    to_class_names,
)
from tailprobe.datasets.storage.url import Source, Url
from tailprobe.datasets.tables.arrow_cells import arrow_cells
from tailprobe.datasets.tables.columns import Columns
from tailprobe.datasets.tables.options import DEFAULT_TABLE_OPTIONS, TableOptions, flag
from tailprobe.datasets.tables.tags import tag_table
from tailprobe.errors import InputError
from tailprobe.parts import parse_part

_LABELS = ("label", "labels", "tags", "fine_label", "class", "category")
_Part = SavedPart | ParquetPart


def read_hugging_face(
    source: Source,
    labels: Source | None = None,
    *,
    bands: BandSelection = Composite.RGB,
    on_bad_image: OnBadImage = "error",
    table_options: TableOptions = DEFAULT_TABLE_OPTIONS,
) -> LabeledImages:
    """Read a folder written by `save_to_disk` of Hugging Face `datasets`, or Parquet files that contain images.

    Images are named by their part and original file name, or by row number if file names are missing or repeated. Parts
    named train, validation (val, dev) and test are the given parts.

    Args:
        source: the folder, or one Parquet file.
        labels: must be None, since the labels are a column.
        bands: see `tailprobe.datasets.pixels.decode`.
        on_bad_image: not used; images are read later.
        table_options: how the columns are read; `image_column` names the column of images if there are several,
            `label_columns` the column of class numbers, names, or lists of them: by default the first of label,
            labels, tags, fine_label, class, category, else the only column of class numbers.

    Raises:
        InputError: the data are damaged, or have no column of images or of labels, or several and none is named; the
            parts have different columns; or as `read_tags`.
    """
    del on_bad_image
    if isinstance(source, Url):
        raise InputError(f"{source}: Arrow and Parquet files must be on a local disk; copy them there first")
    if labels is not None:
        raise InputError(
            f"{source}: the labels are a column of the data; leave --labels {labels} out, or name the column with "
            f"{flag('label_columns')}"
        )
    parts: Sequence[_Part] = saved_parts(source) if is_saved_dataset(source) else parquet_parts(source)
    pictures = table_options.image_column or _image_column(source, parts[0])
    options = replace(table_options, image_column=pictures)
    if options.label_columns is None:
        options = replace(options, label_columns=(_label_column(source, parts[0]),))
    columns, names, image_sources, given = _rows(source, parts, pictures)
    listed = class_names(parts[0].features).get((options.label_columns or ("",))[0])
    if options.classes is None and listed:
        options = replace(options, classes=_used(listed, columns, (options.label_columns or ("",))[0]))
    table = tag_table(columns, options)
    kept = [int(name) for name in table.names]
    by_part = [given[row] for row in kept]
    return LabeledImages(
        tuple(names[row] for row in kept),
        tuple(image_sources[row] for row in kept),
        table.labels,
        str(source),
        bands,
        tuple(map(str, by_part)) if None not in by_part and len(set(by_part)) > 1 else table.given_parts,
        table.notes,
        groups=table.groups,
    )


def _rows(
    source: Path, parts: Sequence[_Part], pictures: str
) -> tuple[Columns, list[str], list[ImageSource], list[str | None]]:
    """Return the columns of all parts, with images numbered, and the names, sources and parts of the images."""
    image_sources: list[ImageSource] = []
    names: list[str] = []
    given: list[str | None] = []
    cells: dict[str, list[Any]] = {}
    for part in parts:
        if not _is_image(part.features.get(pictures)):
            _refuse_image_column(source, part, pictures)
        found = part.images(pictures)
        table = part.table()
        listed = class_names(part.features)
        for name in [name for name in table.column_names if not _is_image(part.features.get(name))]:
            if len(cells.setdefault(name, [])) != len(image_sources):
                raise InputError(
                    f"{source}: not every part has the column {name!r}; save the parts with the same columns"
                )
            cells[name] += to_class_names(arrow_cells(table[name], source, name), listed.get(name), source, name)
        image_sources += [image for image, _ in found]
        names += _names(part.name if len(parts) > 1 else "", [path for _, path in found])
        given += [parse_part(part.name)] * len(found)
    short = next((name for name, column in cells.items() if len(column) != len(names)), None)
    if short is not None:
        raise InputError(f"{source}: not every part has the column {short!r}; save the parts with the same columns")
    # Images are numbered, as their names may contain characters that names in a table must not.
    numbers = {pictures: [str(n) for n in range(len(names))]}
    where = [str(image) for image in image_sources]
    return Columns(source, numbers | cells, range(1, len(names) + 1), where), names, image_sources, given


def _used(listed: Sequence[str], columns: Columns, column: str) -> tuple[str, ...]:
    """Return the class names that occur, in their order; classes that no image carries are left out."""
    used = {word for cell in columns.cells.get(column, []) for word in (cell if isinstance(cell, list) else [cell])}
    return tuple(name for name in listed if name in used) or tuple(listed)


def _refuse_image_column(source: Path, part: _Part, column: str) -> None:
    where = f"part {part.name!r}" if part.name else "the dataset"
    if column not in part.features:
        raise InputError(f"{source}: {where} has no column {column!r}; it has {', '.join(part.features)}")
    raise InputError(f"{source}: column {column!r} holds no images; name the column with {flag('image_column')} COLUMN")


def _names(part: str, paths: Sequence[str]) -> list[str]:
    """Return the original file names if they are distinct, else row numbers."""
    names = [PurePosixPath(path.replace("\\", "/")).name for path in paths]
    if not all(names) or len(set(names)) < len(names):
        names = [f"{row:07d}" for row in range(1, len(paths) + 1)]
    return [f"{part}/{name}" for name in names] if part else names


def _image_column(source: Path, part: _Part) -> str:
    found = [name for name, feature in part.features.items() if _is_image(feature)]
    return _only(source, found, "images", "image_column")


def _label_column(source: Path, part: _Part) -> str:
    usual = [name for name in _LABELS if name in part.features and not _is_image(part.features[name])]
    return _only(source, usual[:1] or list(class_names(part.features)), "labels", "label_columns")


def _only(source: Path, found: list[str], what: str, option: str) -> str:
    if len(found) != 1:
        problem = (
            f"{', '.join(map(repr, found))} could all be the column of {what}" if found else f"no column holds {what}"
        )
        raise InputError(f"{source}: {problem}; name the column with {flag(option)} COLUMN")
    return found[0]


def _is_image(feature: object) -> bool:
    return isinstance(feature, dict) and feature.get("_type") == "Image"


def _recognises(source: Source, labels: Source | None) -> bool:
    if source.is_dir() and is_saved_dataset(source):
        if isinstance(source, Url):
            return True  # the reader then explains that it has to be copied
        try:
            return any(_is_image(feature) for part in saved_parts(source) for feature in part.features.values())
        except InputError:
            return True  # the reader then reports what is wrong
    if isinstance(source, Url) or labels is not None:
        return False
    return any(image_features(file) for file in parquet_files(source)[:1])


READERS.add(
    "hugging-face",
    Reader(
        read_hugging_face,
        _recognises,
        "a folder saved by Hugging Face datasets, or Parquet files that contain images",
        priority=True,
    ),
)
