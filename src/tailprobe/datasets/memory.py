"""Images and labels that are Python objects: DataFrames, lists of paths, PIL images, arrays."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePath
from typing import Any

import numpy as np

from tailprobe.binding import coerce
from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.pixels.bands import BandSelection, Composite
from tailprobe.datasets.storage.file_source import FileSource
from tailprobe.datasets.storage.image_source import ImageSource
from tailprobe.datasets.storage.memory_image import memory_image
from tailprobe.datasets.tables.columns import Columns, text_of
from tailprobe.datasets.tables.options import DEFAULT_TABLE_OPTIONS, TableOptions, option_types
from tailprobe.datasets.tables.roles import find_image_column
from tailprobe.datasets.tables.tags import TagTable, tag_table
from tailprobe.errors import InputError
from tailprobe.labels import Labels
from tailprobe.registry import did_you_mean

_IMAGE, _LABEL = "image", "labels"


def is_frame(value: object) -> bool:
    """Return whether a value is a DataFrame of pandas, which is imported only if it is used."""
    return type(value).__module__.partition(".")[0] == "pandas" and hasattr(value, "columns")


def array_of(value: Any) -> Any:  # noqa: ANN401 - torch is not imported here
    """Return a tensor of torch as an array; anything else as it is."""
    return value.detach().cpu().numpy() if hasattr(value, "detach") and hasattr(value, "cpu") else value


def is_numeric_frame(value: Any) -> bool:  # noqa: ANN401 - pandas is not imported here
    """Return whether a value is a DataFrame of numbers alone, such as embeddings."""
    return is_frame(value) and all(dtype.kind in "fiu" for dtype in value.dtypes)


def columns_of_frame(frame: Any, name: str = "DataFrame") -> Columns:  # noqa: ANN401 - pandas is not imported here
    """Return a DataFrame as columns of cells; a named index becomes a column too.

    Raises:
        InputError: two columns have the same name, or there is no row.
    """
    frame = frame if frame.index.name is None else frame.reset_index()
    names = [str(column) for column in frame.columns]
    if len(set(names)) < len(names):
        double = min(column for column in names if names.count(column) > 1)
        raise InputError(f"{name}: two columns are called {double!r}; rename one")
    cells = {column: frame.iloc[:, position].tolist() for position, column in enumerate(names)}
    if not len(frame):
        raise InputError(f"{name}: has no row; expected one for each image")
    return Columns(PurePath(name), cells, range(len(frame)))


def read_memory(
    source: Any,  # noqa: ANN401 - a DataFrame, whose type needs pandas, or a sequence
    labels: object = None,
    *,
    bands: BandSelection = Composite.RGB,
    table_options: TableOptions = DEFAULT_TABLE_OPTIONS,
) -> LabeledImages:
    """Return labelled images from Python objects.

    Args:
        source: a DataFrame with a column of paths (or PIL images) and columns of labels; or a list of paths, PIL images
            or (H, W, 3) uint8 arrays.
        labels: for a list of N images: N classes, N lists of classes, or an (N, C) array of 0 and 1 (-1 if uncertain,
            NaN if missing) whose columns `table_options.classes` names, those of a DataFrame its own names; None for
            images without labels.
        bands: see `tailprobe.datasets.pixels.decode`.
        table_options: how the columns are read.

    Raises:
        InputError: the numbers of images and labels differ, an item is not an image, or as `read_tags`.
    """
    if is_frame(source):
        columns = columns_of_frame(source)
        if labels is not None:
            raise InputError("labels: the DataFrame has them in its columns; name them by label_columns")
        image = find_image_column(columns, table_options, None)
        items, options = columns.cells[image], replace(table_options, image_column=image)
    else:
        items = list(source)
        columns, options = label_columns(labels, len(items), table_options), table_options
        image = _IMAGE
        options = replace(options, image_column=_IMAGE, label_columns=_one_a_class(columns, options))
        columns = replace(columns, cells={_IMAGE: [], **columns.cells})
    names, sources = _images(items)
    numbered = replace(columns, cells=columns.cells | {image: [str(n) for n in range(len(items))]})
    has_labels = len(columns.cells) > 1
    table = tag_table(numbered, options) if has_labels else _unlabelled(len(items))
    kept = [int(name) for name in table.names]
    return LabeledImages(
        tuple(names[n] for n in kept),
        tuple(sources[n] for n in kept),
        table.labels,
        str(columns.path),
        bands,
        table.given_parts,
        table.notes,
        groups=table.groups,
    )


def label_array(labels: object, number: int, given: Mapping[str, Any]) -> Labels:
    """Return the labels of rows that are not images, such as embeddings in memory.

    Args:
        labels: see `read_memory`.
        number: number of rows.
        given: options of a table, e.g. `classes`.

    Raises:
        InputError: the numbers differ, a row has no label, or as `read_tags`.
    """
    types = option_types(read_memory)
    for option in given:
        if option not in types or option == "bands":
            raise InputError(f"labels in memory take no option {option!r}{did_you_mean(option, types)}")
    options = TableOptions(**{name: coerce(value, types[name], where=name) for name, value in given.items()})
    columns = label_columns(labels, number, options)
    rows = {_IMAGE: [str(n) for n in range(number)]}
    options = replace(options, image_column=_IMAGE, label_columns=_one_a_class(columns, options))
    table = tag_table(replace(columns, cells=rows | columns.cells), options)
    if len(table.names) < number:
        first = next(n for n in range(number) if str(n) not in set(table.names))
        raise InputError(
            f"labels: row {first} has none ({number - len(table.names):,} rows in all); leave these rows out of both, "
            "or pass kind='multi-label' to keep them as rows of no class"
        )
    return table.labels


def label_columns(
    labels: Any,  # noqa: ANN401 - pandas is not imported here
    number: int,
    options: TableOptions,
) -> Columns:
    """Return labels given as Python objects as columns of cells; no column if `labels` is None.

    Args:
        labels: see `read_memory`.
        number: number of images.
        options: `classes` names the columns of a matrix, and classes that are given as numbers.

    Raises:
        InputError: the number of labels differs, or a matrix holds other values than 0, 1, -1 and NaN.
    """
    path, rows = PurePath("labels"), range(number)
    if labels is None:
        return Columns(path, {}, rows)
    labels, names = array_of(labels), options.classes
    if names is None and is_frame(labels):
        names = tuple(map(str, labels.columns))
    array = np.asarray(labels) if isinstance(labels, np.ndarray) or hasattr(labels, "__array__") else None
    values = list(labels) if array is None and isinstance(labels, Sequence) else [] if array is None else list(array)
    if len(values) != number:
        raise InputError(f"labels: {len(values):,} for {number:,} images; expected one for each, in the same order")
    if array is not None and array.ndim == 2:
        return Columns(path, _of_matrix(array, names), rows)
    return Columns(path, {_LABEL: [_words(value, names) for value in values]}, rows)


def _one_a_class(columns: Columns, options: TableOptions) -> tuple[str, ...] | None:
    """Return the columns of labels if there is one for each class."""
    return tuple(columns.cells) if len(columns.cells) > 1 else options.label_columns


def _of_matrix(array: np.ndarray, names: Sequence[str] | None) -> dict[str, list[Any]]:
    """Return a column of lists; where labels are uncertain (-1) or missing (NaN), a column for each class."""
    width = array.shape[1]
    called = [str(c) for c in range(width)] if names is None else list(names)
    unclear = np.isin(array, (-1,)) | (np.isnan(array) if array.dtype.kind == "f" else False)
    if len(called) != width or not (np.isin(array, (0, 1)) | unclear).all():
        raise InputError(
            f"labels: an array of shape {array.shape} for {len(called)} classes; expected 0 and 1 with a column for "
            "each class (-1 where uncertain, NaN where missing), their names given as classes"
        )
    if unclear.any() and width > 1:
        return {name: array[:, c].tolist() for c, name in enumerate(called)}
    return {_LABEL: [[called[c] for c in np.flatnonzero(row > 0)] for row in array]}


def _words(value: object, names: Sequence[str] | None) -> list[str]:
    """Return the classes of one image; numbers are named by `names`, None and NaN are not classes."""
    if isinstance(value, list | tuple | set | np.ndarray):
        return [word for item in value for word in _words(item, names)]
    number = value.item() if isinstance(value, np.generic) else value
    text = text_of(number)
    if names is not None and text not in names and text.isdecimal() and int(text) < len(names):
        return [names[int(text)]]
    return [text] if text else []


def _images(items: Sequence[Any]) -> tuple[list[str], list[ImageSource]]:
    """Return distinct names and the sources of images; files that are not there are found when headers are checked."""
    if not items:
        raise InputError("no image; expected a list of paths, PIL images or arrays of pixels")
    names: list[str] = []
    sources: list[ImageSource] = []
    for n, item in enumerate(items):
        if isinstance(item, str | Path):
            names.append(str(item))
            sources.append(FileSource(Path(item).expanduser()))
        else:
            names.append(f"image {n}")
            sources.append(memory_image(item, f"image {n}"))
    first: dict[str, int] = {}
    for n, name in enumerate(names):
        if first.setdefault(name, n) != n:
            raise InputError(f"image {n}: {name!r} is already image {first[name]}; name each file once")
    return names, sources


def _unlabelled(number: int) -> TagTable:
    labels = Labels(np.zeros((number, 0), dtype=bool), (), "multi-label")
    names = tuple(str(n) for n in range(number))
    return TagTable(names, labels, None, names, ("the images have no labels: they can be embedded",))
