"""Embeddings of one's own in tables: Parquet, Lance, and folders that Hugging Face `datasets` saved.

A `datasets` folder is Arrow files beside JSON, and is read as such; Lance needs the package `pylance`.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tailprobe.datasets.columns import Columns
from tailprobe.embeddings.own_vectors import VECTOR_NAMES, Stored, as_vectors
from tailprobe.errors import InputError

_MISSING = "lance is not installed; pip install 'tailprobe[lance]'"


def read_table(path: Path, *, vectors: str | None = None) -> Stored:
    """Read a table with a column of embeddings, a list of numbers in each row, and other columns beside it.

    Args:
        path: a Parquet file, a .lance folder, or a folder that `Dataset.save_to_disk` or `DatasetDict` wrote; the parts
            of the latter become a column.
        vectors: the column of embeddings; by default one of `VECTOR_NAMES`, else the only one of lists of floats.

    Raises:
        InputError: the table cannot be read, has no such column, or a row's list is missing or of another length.
    """
    table, names = _load(path)
    column = vectors if vectors is not None else vector_column(table.schema, path)
    if column not in table.column_names:
        raise InputError(f"{path.name}: no column is called {column!r}; it has {', '.join(table.column_names)}")
    found = as_vectors(_matrix(table[column], path, column), where=f"{path.name}, column {column!r}")
    others = [name for name in table.column_names if name != column and not _is_vectors(table.schema.field(name).type)]
    cells = {name: _named(table[name].to_pylist(), names.get(name), path, name) for name in others}
    return Stored(found, Columns(path, cells, range(1, table.num_rows + 1)) if cells else None)


def vector_column(schema: pa.Schema, path: Path) -> str:
    """Return the column of embeddings.

    Raises:
        InputError: there is none, or more than one and none with a usual name.
    """
    found = [field.name for field in schema if _is_vectors(field.type)]
    usual = [name for name in VECTOR_NAMES if name in found]
    if usual or len(found) == 1:
        return (usual or found)[0]
    problem = f"columns {', '.join(found)} could all be embeddings" if found else "no column holds lists of floats"
    raise InputError(f"{path.name}: {problem}; name the column by embedding_column")


def has_vectors(path: Path) -> bool:
    """Say whether a file or folder is a table with a column of lists of floats; whatever cannot be read is not."""
    try:
        if path.suffix.lower() in (".parquet", ".pq"):
            schema = pq.read_schema(path)
        elif path.suffix.lower() == ".lance":
            return path.is_dir()
        elif (path / "state.json").is_file() or (path / "dataset_dict.json").is_file():
            schema = _load(path)[0].schema
        else:
            return False
    except (pa.ArrowException, OSError, InputError):
        return False
    return any(_is_vectors(field.type) for field in schema)


def _load(path: Path) -> tuple[pa.Table, Mapping[str, list[str]]]:
    """Return the table, and for columns of class numbers the names of the classes."""
    try:
        if path.suffix.lower() == ".lance":
            return _lance(path), {}
        return (pq.read_table(path), {}) if path.is_file() else _hugging_face(path)
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError) as error:
        if isinstance(error, InputError):
            raise
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{path}: cannot be read as a table ({reason}); write it again") from None


def _lance(path: Path) -> pa.Table:
    try:
        import lance
    except ImportError:
        raise InputError(f"{path}: {_MISSING}") from None
    return lance.dataset(str(path)).to_table()


def _hugging_face(path: Path) -> tuple[pa.Table, Mapping[str, list[str]]]:
    listing = path / "dataset_dict.json"
    if not listing.is_file():
        return _saved(path), _class_names(path)
    parts = [_inside(path, str(part)) for part in json.loads(listing.read_text(encoding="utf-8"))["splits"]]
    tables = {part.name: _saved(part) for part in parts}
    named = [table.append_column("split", pa.array([part] * len(table))) for part, table in tables.items()]
    return pa.concat_tables(named), _class_names(parts[0])


def _saved(folder: Path) -> pa.Table:
    state = json.loads((folder / "state.json").read_text(encoding="utf-8"))
    tables = []
    for file in state["_data_files"]:
        with pa.memory_map(str(_inside(folder, file["filename"]))) as source:
            tables.append(pa.ipc.open_stream(source).read_all())
    # What the format says of itself differs between shards and says nothing of the rows.
    return pa.concat_tables([table.replace_schema_metadata(None) for table in tables])


def _inside(folder: Path, name: str) -> Path:
    if Path(name).name != name or name in ("", ".", ".."):
        raise InputError(f"{folder}: names the file {name!r}, which lies outside it; save the dataset again")
    return folder / name


def _class_names(folder: Path) -> dict[str, list[str]]:
    """Return column -> class names, for columns of `ClassLabel` and lists of it."""
    features = json.loads((folder / "dataset_info.json").read_text(encoding="utf-8"))["features"]
    return {name: found for name, feature in features.items() if (found := _names_in(feature))}


def _names_in(feature: object) -> list[str] | None:
    inner = feature[0] if isinstance(feature, list) and feature else feature  # an older way to write a list of it
    if not isinstance(inner, dict):
        return None
    if inner.get("_type") == "ClassLabel":
        return [str(name) for name in inner.get("names") or []]
    return _names_in(inner.get("feature"))


def _named(cells: list[Any], names: list[str] | None, path: Path, column: str) -> list[Any]:
    """Put names in the place of class numbers; -1 is the format's way to say that there is no label."""
    if names is None:
        return cells
    numbers = [cell if isinstance(cell, list) else [cell] for cell in cells]
    for row, own in enumerate(numbers):
        for number in own:
            if number is not None and not -1 <= number < len(names):
                raise InputError(f"{path.name}, row {row + 1}: label {number} in column {column!r} has no name")
    return [[names[number] for number in own if number is not None and number >= 0] for own in numbers]


def _is_vectors(kind: pa.DataType) -> bool:
    listed = pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    return listed and pa.types.is_floating(kind.value_type)


def _matrix(column: pa.ChunkedArray, path: Path, name: str) -> np.ndarray:
    kind = column.type
    if not (pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)):
        raise InputError(f"{path.name}: column {name!r} is {kind}; expected a list of numbers in each row")
    if not len(column):
        raise InputError(f"{path.name}: the table has no row")
    lengths = column.combine_chunks().value_lengths() if len(column) else pa.array([])
    sizes = lengths.fill_null(-1).to_numpy(zero_copy_only=False)
    odd = np.flatnonzero(sizes != sizes[0]) if sizes[0] >= 0 else np.array([0])
    if column.null_count:
        odd = np.flatnonzero(column.combine_chunks().is_null().to_numpy(zero_copy_only=False))
    if len(odd):
        row = int(odd[0])
        has = "no list" if sizes[row] < 0 or column.null_count else f"{sizes[row]} numbers"
        raise InputError(
            f"{path.name}, row {row + 1}: column {name!r} has {has}, where the first has {max(sizes[0], 0)}; "
            "leave such rows out or embed them again"
        )
    flat = column.combine_chunks().flatten()
    if flat.null_count:
        row = int(np.flatnonzero(flat.is_null().to_numpy(zero_copy_only=False))[0]) // int(sizes[0])
        raise InputError(f"{path.name}, row {row + 1}: column {name!r} lacks a number; embed the image again")
    return np.asarray(flat.to_numpy(zero_copy_only=False)).reshape(len(column), int(sizes[0]))
