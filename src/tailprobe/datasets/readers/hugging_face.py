"""Images in a folder that Hugging Face `datasets` saved: a column of images and one of labels."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Literal

import pyarrow as pa

from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.pixels.bands import BandSelection, Composite
from tailprobe.datasets.registry import READERS, Reader
from tailprobe.datasets.storage.image_files import OnBadImage
from tailprobe.datasets.storage.image_source import Stream
from tailprobe.datasets.storage.saved_dataset import (
    SavedPart,
    class_names,
    is_saved_dataset,
    open_rows,
    saved_parts,
    to_class_names,
)
from tailprobe.datasets.storage.url import Source, Url
from tailprobe.datasets.tables.columns import Columns
from tailprobe.datasets.tables.options import OnUnknownTag, TableOptions
from tailprobe.datasets.tables.tags import tag_table
from tailprobe.errors import InputError
from tailprobe.labels import Kind
from tailprobe.parts import parse_part

_LABELS = ("label", "labels", "tags", "fine_label", "class", "category")


@dataclass(frozen=True)
class ArrowRow:
    """An image that is a cell of an Arrow file."""

    path: Path
    column: str
    row: int

    def read(self) -> bytes:
        """Return the encoded bytes.

        Raises:
            InputError: the file cannot be read, or the cell holds no image but only a path to one.
        """
        cell = open_rows(self.path)[self.column][self.row].as_py()
        data = cell.get("bytes") if isinstance(cell, dict) else None
        if not isinstance(data, bytes):
            raise InputError(
                f"{self}: holds a path at most instead of an image; save the dataset with its files embedded"
            )
        return data

    def etag(self) -> str:
        """Return the size and modification time of the file, and the row; raises InputError where it is missing."""
        try:
            status = self.path.stat()
        except OSError as error:
            raise InputError(f"{self}: is missing ({error}); save the dataset again") from error
        return f"{status.st_size} {status.st_mtime_ns} row {self.row}"

    def header(self) -> Stream:
        """Return the bytes as a file; raises as `read`."""
        return io.BytesIO(self.read())

    def __str__(self) -> str:
        return f"{self.path}, row {self.row + 1}"


def read_hugging_face(
    source: Source,
    labels: Source | None = None,
    *,
    bands: BandSelection = Composite.RGB,
    on_bad_image: OnBadImage = "error",
    image: str | None = None,
    label: str | None = None,
    separator: str | None = None,
    classes: Sequence[str] | None = None,
    kind: Kind | Literal["auto"] = "auto",
    on_unknown_tag: OnUnknownTag = "error",
) -> LabeledImages:
    """Read what `Dataset.save_to_disk` or `DatasetDict.save_to_disk` wrote; memory-mapped.

    An image is named by its part and the file that it came from, or by its row where file names are missing or
    repeated. Parts called train, validation (val, dev) and test are the given parts.

    Args:
        source: the folder.
        labels: must be None: the labels are a column.
        bands: see `tailprobe.datasets.pixels.decode`.
        on_bad_image: not used here; images are read later.
        image: the column of images, where there are several.
        label: the column of labels: class numbers, names, or lists of them; by default the first of label, labels,
            tags, fine_label, class, category, else the only column of class numbers.
        separator, classes, kind, on_unknown_tag: see `TableOptions`.

    Raises:
        InputError: the folder is damaged, has no column of images or of labels, or several and none is named; parts
            differ in their columns; or as `read_tags`.
    """
    del on_bad_image
    if isinstance(source, Url):
        raise InputError(f"{source}: a folder of Arrow files is mapped into memory; copy it here first")
    if labels is not None:
        raise InputError(f"{source}: its labels are a column of it; leave --labels {labels} out, or name the column")
    parts = saved_parts(source)
    pictures = image or _image_column(source, parts[0])
    tags = label or _label_column(source, parts[0])
    image_sources: list[ArrowRow] = []
    names: list[str] = []
    cells: list[Any] = []
    of_part: list[str] = []
    for part in parts:
        rows_of_part = [ArrowRow(file, pictures, row) for file in part.files for row in range(open_rows(file).num_rows)]
        rows = _columns(source, part, pictures, tags)
        cells += to_class_names(rows[tags].to_pylist(), class_names(part.features).get(tags), source, tags)
        if not _holds_images(rows[pictures].type):
            raise InputError(f"{source}: column {pictures!r} holds no images; name the column by --read image=COLUMN")
        image_sources += rows_of_part
        names += _names(part.name, rows[pictures])
        of_part += [part.name] * len(rows_of_part)
    listed = classes or class_names(parts[0].features).get(tags)
    numbers = [str(n) for n in range(len(names))]  # a file name may have characters that a table's name may not
    columns = Columns(
        source, {"name": numbers, "label": cells}, range(1, len(names) + 1), [str(source) for source in image_sources]
    )
    options = TableOptions("name", "label", None, separator, listed, kind, on_unknown_tag)
    table = tag_table(columns, options)
    kept = [int(name) for name in table.names]
    given = [parse_part(of_part[row]) for row in kept]
    return LabeledImages(
        tuple(names[row] for row in kept),
        tuple(image_sources[row] for row in kept),
        table.labels,
        str(source),
        bands,
        tuple(map(str, given)) if None not in given else None,
        (f"labels taken from the column {tags!r}", *table.notes),
    )


def _columns(source: Path, part: SavedPart, *wanted: str) -> pa.Table:
    table = part.table()
    for column in wanted:
        if column not in table.column_names:
            where = f"part {part.name!r}" if part.name else "it"
            raise InputError(f"{source}: {where} has no column {column!r}; it has {', '.join(table.column_names)}")
    return table


def _names(part: str, images: pa.ChunkedArray) -> list[str]:
    """Return distinct names: those of the original files, else row numbers."""
    paths = [cell.as_py() for chunk in images.chunks for cell in chunk.field("path")]
    names = [PurePosixPath(str(path).replace("\\", "/")).name if path else "" for path in paths]
    if not all(names) or len(set(names)) < len(names):
        names = [f"{row:07d}" for row in range(1, len(paths) + 1)]
    return [f"{part}/{name}" for name in names] if part else names


def _holds_images(kind: pa.DataType) -> bool:
    return pa.types.is_struct(kind) and {"bytes", "path"} <= {kind.field(i).name for i in range(kind.num_fields)}


def _image_column(source: Path, part: SavedPart) -> str:
    found = [name for name, feature in part.features.items() if _is_image(feature)]
    return _only(source, found, "images", "image")


def _label_column(source: Path, part: SavedPart) -> str:
    usual = [name for name in _LABELS if name in part.features and not _is_image(part.features[name])]
    return _only(source, usual[:1] or list(class_names(part.features)), "labels", "label")


def _only(source: Path, found: list[str], what: str, option: str) -> str:
    if len(found) != 1:
        problem = f"{', '.join(map(repr, found))} could all be its {what}" if found else f"no column holds {what}"
        raise InputError(f"{source}: {problem}; name the column by --read {option}=COLUMN")
    return found[0]


def _is_image(feature: object) -> bool:
    return isinstance(feature, dict) and feature.get("_type") == "Image"


def _recognises(source: Source, labels: Source | None) -> bool:
    if not source.is_dir() or not is_saved_dataset(source):
        return False
    if isinstance(source, Url):
        return True  # so that the reader explains that it has to be copied
    try:
        return any(_is_image(feature) for part in saved_parts(source) for feature in part.features.values())
    except InputError:
        return True  # so that the reader reports what is wrong with it


READERS.add(
    "hugging-face",
    Reader(read_hugging_face, _recognises, "a folder that Hugging Face datasets saved, with images", priority=True),
)
