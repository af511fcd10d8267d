"""Folders saved by Hugging Face `datasets`: Arrow files with JSON metadata."""

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from tailprobe.datasets.storage.file_source import signature
from tailprobe.datasets.storage.table_cell import TableCell
from tailprobe.datasets.storage.url import Source
from tailprobe.errors import InputError

_LISTING, _STATE, _INFO = "dataset_dict.json", "state.json", "dataset_info.json"


@dataclass(frozen=True)
class SavedPart:
    """One part written by `Dataset.save_to_disk`: the rows of its files, concatenated."""

    name: str  # of the part; "" if there is only one
    files: tuple[Path, ...]  # Arrow streams
    features: Mapping[str, Any]  # by column, as `datasets` describes them

    def table(self) -> pa.Table:
        """Return the rows, memory-mapped."""
        # The schema metadata differ between files and do not describe the rows.
        return pa.concat_tables([open_rows(file).replace_schema_metadata(None) for file in self.files])

    def images(self, column: str) -> list[tuple["ArrowRow", str]]:
        """Return the image of each row and the path of its original file, "" if it is unknown.

        Raises:
            InputError: a file is damaged.
        """
        cells = self.table()[column]
        paths = [cell.as_py() for chunk in cells.chunks for cell in chunk.field("path")]
        rows = [ArrowRow(file, column, row) for file in self.files for row in range(open_rows(file).num_rows)]
        return list(zip(rows, [str(path or "") for path in paths], strict=True))


@dataclass(frozen=True)
class ArrowRow(TableCell):
    """An image that is a cell of an Arrow file."""

    def value(self) -> Any:  # noqa: ANN401 - Arrow may hold any value
        """Return the value of the cell."""
        return open_rows(self.path)[self.column][self.row].as_py()


def is_saved_dataset(path: Source) -> bool:
    """Return whether a folder was written by `Dataset.save_to_disk` or `DatasetDict.save_to_disk`."""
    return (path / _STATE).is_file() or (path / _LISTING).is_file()


def saved_parts(path: Path) -> list[SavedPart]:
    """Return the parts of a saved folder.

    Raises:
        InputError: a file is missing or damaged, or the metadata name a file outside the folder.
    """
    try:
        listing = path / _LISTING
        if not listing.is_file():
            return [_part(path, "")]
        names = [str(name) for name in _json(listing)["splits"]]
        return [_part(_inside(path, name), name) for name in names]
    except (OSError, ValueError, KeyError, TypeError) as error:
        if isinstance(error, InputError):
            raise
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{path}: cannot be read as a saved dataset ({reason}); save it again") from None


def open_rows(file: Path) -> pa.Table:
    """Return the rows of an Arrow stream, memory-mapped; a file that was replaced is opened again.

    Raises:
        InputError: the file is missing or damaged.
    """
    try:
        return _rows(file, signature(file))
    except (pa.ArrowException, OSError) as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{file}: cannot be read ({reason}); save the dataset again") from error


@functools.lru_cache(maxsize=256)
def _rows(file: Path, signature: tuple[int, ...]) -> pa.Table:
    with pa.memory_map(str(file)) as source:
        table = pa.ipc.open_stream(source).read_all()
    table.validate()  # the file may come from an untrusted source
    return table


def features_of(schema: pa.Schema) -> Mapping[str, Any]:
    """Return column -> feature as described in the metadata of Hugging Face `datasets`; empty if there are none."""
    try:
        stored = json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))
        features = stored["info"]["features"]
    except (ValueError, KeyError, TypeError):
        return {}
    return features if isinstance(features, Mapping) else {}


def class_names(features: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return column -> class names, for columns of type `ClassLabel` and lists of it."""
    return {name: found for name, feature in features.items() if (found := _names_in(feature))}


def to_class_names(cells: list[Any], names: list[str] | None, path: Path, column: str) -> list[Any]:
    """Replace class numbers by names; -1 means no label in this format.

    Raises:
        InputError: a number has no name.
    """
    if names is None:
        return cells
    numbers = [cell if isinstance(cell, list) else [cell] for cell in cells]
    for row, listed in enumerate(numbers):
        for number in listed:
            if number is not None and not -1 <= number < len(names):
                raise InputError(f"{path.name}, row {row + 1}: label {number} in column {column!r} has no name")
    return [[names[n] for n in listed if n is not None and n >= 0] for listed in numbers]


def _part(folder: Path, name: str) -> SavedPart:
    files = tuple(_inside(folder, str(file["filename"])) for file in _json(folder / _STATE)["_data_files"])
    return SavedPart(name, files, dict(_json(folder / _INFO)["features"]))


def _json(path: Path) -> Any:  # noqa: ANN401 - any JSON value
    return json.loads(path.read_text(encoding="utf-8"))


def _inside(folder: Path, name: str) -> Path:
    if Path(name).name != name or name in ("", ".", ".."):
        raise InputError(f"{folder}: names the file {name!r}, which is outside the folder; save the dataset again")
    return folder / name


def _names_in(feature: object) -> list[str] | None:
    inner = feature[0] if isinstance(feature, list) and feature else feature  # an older notation for a list
    if not isinstance(inner, dict):
        return None
    if inner.get("_type") == "ClassLabel":
        return [str(name) for name in inner.get("names") or []]
    return _names_in(inner.get("feature"))
