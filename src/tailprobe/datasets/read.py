"""Read labelled images from any source, detecting the format."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from tailprobe.binding import coerce
from tailprobe.datasets import readers
from tailprobe.datasets.classes import select_classes
from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.levels import group_by_level
from tailprobe.datasets.memory import array_of, columns_of_frame, is_frame, read_memory
from tailprobe.datasets.pixels.bands import parse_bands
from tailprobe.datasets.registry import READERS, LabelTable, Reader
from tailprobe.datasets.storage.braces import is_pattern
from tailprobe.datasets.storage.url import Source, Url, parse_source
from tailprobe.datasets.tables.columns import Columns
from tailprobe.datasets.tables.options import (
    CLASS_OPTIONS,
    class_option_types,
    gather_table_options,
    option_types,
    split_class_options,
)
from tailprobe.datasets.tables.roles import is_level
from tailprobe.datasets.webdataset.labels import read_classes
from tailprobe.errors import InputError
from tailprobe.registry import Registry, did_you_mean, import_members


def read(
    source: Any,  # noqa: ANN401 - a DataFrame, whose type needs pandas, a sequence, or as below
    labels: Any = None,  # noqa: ANN401
    *,
    format: str = "auto",
    **options: Any,  # noqa: ANN401
) -> LabeledImages:
    """Read labelled images.

    Args:
        source: a folder, a .zip of one, a table next to its images, .tar shards, or a brace pattern of shards;
            a URL of any of these, on a file system that fsspec knows (`s3://`, `gs://`, ...); or, in memory, a
            DataFrame with a column of paths and columns of labels, or a list of paths, PIL images or (H, W, 3) uint8
            arrays.
        labels: a table of image names and labels, a file or a DataFrame, if the format has one; for a list of N images,
            N classes, N lists of classes, or an (N, C) array of 0 and 1.
        format: one of `formats()`, or "auto" to detect it from the content of `source`.
        options: options of the format, such as `bands`, `on_bad_image`, `separator`, `top`; None means not given.

    Returns:
        N images, not yet decoded, with labels (N, C) and notes on what was left out or changed.

    Raises:
        InputError: the source is missing, its format is unknown or ambiguous, the format does not take an option, or as
            the reader of that format.

    >>> images = read([np.zeros((8, 8, 3), np.uint8), np.ones((8, 8, 3), np.uint8)], labels=["sea", "land"])
    >>> images.names, images.labels.classes
    (('image 0', 'image 1'), ('land', 'sea'))
    """
    given = {option: value for option, value in options.items() if value is not None}
    source = array_of(source)
    if is_frame(source) or (isinstance(source, Sequence | np.ndarray) and not isinstance(source, str)):
        return _in_memory(source, labels, format, given)
    if not isinstance(source, str | Path | Url):
        raise InputError(
            f"the images are a {type(source).__name__}; expected a path, a URL, a DataFrame, or a list of paths, PIL "
            "images or arrays; of a generator or a set make a list"
        )
    source = parse_source(source)
    table = labels if labels is None else _table_of(labels)
    if not is_pattern(source.path if isinstance(source, Url) else str(source)) and not _exists(source):
        raise InputError(f"{source}: expected a folder, a .zip, a .tar or a table, but there is none; check the path")
    name = _detect_format(source, table) if format == "auto" else format
    reader = _readers().get(name)
    return _read(partial(reader.read, source, table), given, _types(reader.read), f"format {name!r}")


def _in_memory(source: Any, labels: object, format: str, given: dict[str, Any]) -> LabeledImages:  # noqa: ANN401
    if format != "auto":
        raise InputError(f"format is {format!r}, but the images are in memory; leave it away")
    return _read(partial(read_memory, source, labels), given, _types(read_memory), "images in memory")


def _read(
    reader: "partial[LabeledImages]", given: dict[str, Any], types: Mapping[str, Any], what: str
) -> LabeledImages:
    """Check the options, read, then group by folders and choose classes, which no reader has to know of."""
    level = given.pop("group_column") if is_level(str(given.get("group_column", ""))) else None
    given, chosen = split_class_options(_checked(given, types, what))
    if "classes" in given:
        given["classes"] = _class_list(given["classes"])
    if "bands" in given:
        given["bands"] = parse_bands(str(given["bands"]))
    images = reader(**gather_table_options(reader.func, given))
    images = images if level is None else group_by_level(images, level)
    return select_classes(images, chosen)


def _table_of(labels: Any) -> Source | Columns:  # noqa: ANN401 - checked here
    if is_frame(labels):
        return columns_of_frame(labels)
    if isinstance(labels, str | Path | Url):
        return parse_source(labels)
    raise InputError(
        f"labels: {type(labels).__name__} goes with a list of images; expected a table of image names and labels, as a "
        "file or a DataFrame"
    )


def find_format(source: str | Source, labels: str | Source | None = None) -> str:
    """Return the format of a source, detected from its content; raises as `read`."""
    return _detect_format(parse_source(source), None if labels is None else parse_source(labels))


def formats() -> dict[str, str]:
    """Return every format that `read` knows, with a short description."""
    return {name: _readers().get(name).what for name in _readers().names()}


def known_options() -> tuple[str, ...]:
    """Return the options that at least one format takes."""
    return tuple(dict.fromkeys(option for name in formats() for option in options_of(name)))


def options_of(format: str) -> tuple[str, ...]:
    """Return the options that a format takes, including those on classes, which every format takes."""
    return (*option_types(_readers().get(format).read), *CLASS_OPTIONS)


def _class_list(given: Sequence[str]) -> tuple[str, ...]:
    """Return classes that were given one by one, or as a text file with one per line."""
    if len(given) == 1 and given[0].lower().endswith(".txt"):
        return read_classes(parse_source(given[0]))
    return tuple(given)


def _exists(source: Source) -> bool:
    try:
        return source.exists()
    except OSError as error:  # a URL whose server refuses or is down
        raise InputError(f"{source}: cannot be opened ({error}); check the address and your rights") from error


def _detect_format(source: Source, labels: LabelTable | None) -> str:
    file = Path(labels.path.name) if isinstance(labels, Columns) else labels
    found = [name for name in _readers().names() if _readers().get(name).recognises(source, file)]
    prioritised = [name for name in found if _readers().get(name).priority]
    found = prioritised or found
    if len(found) == 1:
        return found[0]
    known = "; ".join(f"{name} ({what})" for name, what in formats().items())
    problem = f"could be {' or '.join(found)}" if found else "has no known format"
    raise InputError(f"{source}: {problem}; pass --format, one of: {known}")


def _types(function: Callable[..., object]) -> dict[str, Any]:
    """Return option -> annotation of a reader, including the options on classes."""
    return option_types(function) | class_option_types()


def _checked(given: dict[str, Any], types: Mapping[str, Any], what: str) -> dict[str, Any]:
    for option in given:
        if option not in types:
            others = [name for name in formats() if option in options_of(name)]
            whose = (
                f"only {', '.join(others)} {'do' if len(others) > 1 else 'does'}"
                if others
                else f"it takes {', '.join(types)}"
            )
            level = "; a level of folders is named by level:1" if option == "group_column" else ""
            near = did_you_mean(option, types)
            raise InputError(f"{what} takes no option {option!r}{near} ({whose}){level}")
    known = dict(types) | {"bands": Any}  # read by `parse_bands`
    return {option: coerce(value, known[option], where=option) for option, value in given.items()}


def _readers() -> Registry[Reader]:
    import_members(readers)
    return READERS
