"""Folders with a table in each: Hugging Face's `train/metadata.csv`, `train/_classes.csv`, or COCO annotations."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.pixels.bands import BandSelection, Composite
from tailprobe.datasets.registry import READERS, Reader
from tailprobe.datasets.storage.image_files import ImageFiles, OnBadImage, find_images
from tailprobe.datasets.storage.url import Source
from tailprobe.datasets.tables.columns import Columns, text_of
from tailprobe.datasets.tables.files import read_columns, table_suffix
from tailprobe.datasets.tables.join import join_images
from tailprobe.datasets.tables.match import ImageNames
from tailprobe.datasets.tables.options import DEFAULT_TABLE_OPTIONS, TableOptions
from tailprobe.datasets.tables.roles import find_image_column
from tailprobe.datasets.tables.tags import tag_table
from tailprobe.errors import InputError
from tailprobe.parts import parse_part_folder

_METADATA = ("metadata.csv", "metadata.jsonl", "metadata.parquet")  # file names that `datasets` recognises
_FILE_NAME = "file_name"  # their column of file names
_ENDINGS = (".csv", ".tsv", ".jsonl", ".parquet", ".xlsx")
_COCO = "_annotations.coco.json"  # as Roboflow names it
_PART = "part (by folder)"


def read_metadata(
    source: Source,
    labels: Source | None = None,
    *,
    bands: BandSelection = Composite.RGB,
    on_bad_image: OnBadImage = "error",
    table_options: TableOptions = DEFAULT_TABLE_OPTIONS,
) -> LabeledImages:
    """Read images from a folder that contains a table, or from part folders that contain one each.

    Args:
        source: the folder.
        labels: must be None, since the tables are in the folders.
        bands: see `tailprobe.datasets.pixels.decode`.
        on_bad_image: "skip" leaves out rows whose image is missing, and lists them in the notes.
        table_options: how the tables are read; the same for all of them.

    Raises:
        InputError: as `read_tags` and `find_images`; an image is missing, or a name matches several.
    """
    if labels is not None or not isinstance(source, Path):
        raise InputError(f"{source}: pass --format table for a table given with --labels, or for a URL")
    tables = _tables(source)
    if not tables:
        raise InputError(f"{source}: no folder contains a table; pass one with --labels and --format table")
    files = find_images(source, on_bad_image=on_bad_image)
    columns, image = _concatenate(source, files, tables, table_options)
    names = ImageNames(files)
    table = tag_table(columns, _options(table_options, columns, image), names)
    return join_images(table, files, bands=bands, on_bad_image=on_bad_image, images=names)


def _options(options: TableOptions, columns: Columns, image: str) -> TableOptions:
    part = options.part_column or (_PART if _PART in columns.cells else None)
    return replace(options, image_column=image, part_column=part)


def _concatenate(
    source: Path, files: ImageFiles, tables: Mapping[str, Path], options: TableOptions
) -> tuple[Columns, str]:
    """Return the tables of all folders as one, with images named by path, and the column of image names."""
    read = {folder: read_columns(path) for folder, path in tables.items()}
    image = _image_column(files, read, options)
    names = list(dict.fromkeys(name for columns in read.values() for name in columns.cells))
    cells: dict[str, list[Any]] = {name: [] for name in names}
    rows: list[int] = []
    where: list[str] = []
    parts: list[str | None] = []
    for folder, columns in read.items():
        columns.given(image, "image_column")
        for name in names:
            cells[name] += columns.cells.get(name, [None] * len(columns))
        parts += [parse_part_folder(folder)] * len(columns)
        rows += columns.rows
        where += [f"{folder}/{columns.where(n)}" if folder else columns.where(n) for n in range(len(columns))]
        start = len(cells[image]) - len(columns)
        cells[image][start:] = [_below(folder, cell) for cell in columns.cells[image]]
    if all(part is not None for part in parts) and len(set(parts)) > 1:
        cells[_PART] = list(parts)
    return Columns(source, cells, rows, where), image


def _image_column(files: ImageFiles, read: Mapping[str, Columns], options: TableOptions) -> str:
    folder, first = next(iter(read.items()))
    if options.image_column is None and _FILE_NAME in first.cells:
        return _FILE_NAME
    inside = {
        path.removeprefix(f"{folder}/"): image
        for path, image in files.image_sources.items()
        if not folder or path.startswith(f"{folder}/")
    }
    names = ImageNames(ImageFiles(files.source / folder if folder else files.source, [*inside], [*inside.values()]))
    return find_image_column(first, options, names)


def _below(folder: str, cell: object) -> str:
    name = text_of(cell).replace("\\", "/").removeprefix("./")
    return name if not folder or name.startswith(f"{folder}/") else f"{folder}/{name}"


def _tables(source: Path) -> dict[str, Path]:
    """Return folder -> its table: Hugging Face metadata, else a table with the same name in every part folder."""
    folders = sorted(path for path in source.iterdir() if path.is_dir() and not path.name.startswith("."))
    for name in _METADATA:
        found = {path.name: path / name for path in folders if (path / name).is_file()}
        found = {"": source / name} if (source / name).is_file() else found
        if found and all(_has_file_names(path) for path in found.values()):
            return found
    parts = [path for path in folders if parse_part_folder(path.name)]
    if not parts or len(parts) < len(folders):
        return {}
    common = set.intersection(*({path.name for path in part.iterdir() if _is_table(path)} for part in parts))
    return {part.name: part / min(common) for part in parts} if len(common) == 1 else {}


def _is_table(path: Path) -> bool:
    return path.is_file() and (table_suffix(path.name) in _ENDINGS or path.name == _COCO)


def _has_file_names(path: Path) -> bool:
    try:
        return _FILE_NAME in read_columns(path).cells
    except InputError:
        return False


def _recognises(source: Source, labels: Source | None) -> bool:
    if labels is not None or not isinstance(source, Path) or not source.is_dir():
        return False
    try:
        return bool(_tables(source))
    except OSError:
        return False  # the folder reader then reports what cannot be read


READERS.add(
    "metadata",
    Reader(read_metadata, _recognises, "folders of images with a table in each, such as train/metadata.csv", True),
)
