"""Precomputed embeddings in tables: Parquet, Lance, and folders that Hugging Face `datasets` saved.

A `datasets` folder consists of Arrow files and JSON, and is read without that library; Lance needs the package
`pylance`.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tailprobe.datasets.storage.saved_dataset import class_names, is_saved_dataset, saved_parts, to_class_names
from tailprobe.datasets.tables.arrow_cells import arrow_cells
from tailprobe.datasets.tables.columns import Columns
from tailprobe.embeddings.precomputed.raw import VECTOR_NAMES, RawEmbeddings, as_vectors
from tailprobe.errors import InputError

_MISSING = "lance is not installed; pip install 'tailprobe[lance]'"


def read_table(path: Path, *, vectors: str | None = None) -> RawEmbeddings:
    """Read a table with a column of embeddings, a list of numbers in each row, and possibly other columns.

    Args:
        path: a Parquet file, a .lance folder, or a folder that `Dataset.save_to_disk` or `DatasetDict` wrote; the parts
            of the latter become a column.
        vectors: the column of embeddings; by default one of `VECTOR_NAMES`, else the only one of lists of floats.

    Raises:
        InputError: the table cannot be read, has no such column, or a row's list is missing or of another length.
    """
    try:
        return _read(path, vectors)
    except UnicodeDecodeError as error:  # Arrow decodes names and text when they are accessed
        raise InputError(f"{path}: a column's name or a text is not UTF-8 ({error}); write the table again") from None


def _read(path: Path, vectors: str | None) -> RawEmbeddings:
    table, names = _load(path)
    column = vectors if vectors is not None else vector_column(table.schema, path)
    if column not in table.column_names:
        raise InputError(f"{path.name}: there is no column {column!r}; it has {', '.join(table.column_names)}")
    found = as_vectors(_matrix(table[column], path, column), where=f"{path.name}, column {column!r}")
    others = [name for name in table.column_names if name != column and not _is_vectors(table.schema.field(name).type)]
    cells = {name: to_class_names(arrow_cells(table[name], path, name), names.get(name), path, name) for name in others}
    return RawEmbeddings(found, Columns(path, cells, range(1, table.num_rows + 1)) if cells else None)


def vector_column(schema: pa.Schema, path: Path) -> str:
    """Return the column of embeddings.

    Raises:
        InputError: there is none, or more than one and none with a common name.
    """
    found = [field.name for field in schema if _is_vectors(field.type)]
    usual = [name for name in VECTOR_NAMES if name in found]
    if usual or len(found) == 1:
        return (usual or found)[0]
    problem = f"columns {', '.join(found)} could all be embeddings" if found else "no column holds lists of floats"
    raise InputError(f"{path.name}: {problem}; name the column with --read embedding_column=COLUMN")


def has_vectors(path: Path) -> bool:
    """Return whether a file or folder is a table with a column of lists of floats; False if it cannot be read."""
    try:
        if path.suffix.lower() in (".parquet", ".pq"):
            schema = pq.read_schema(path)
        elif path.suffix.lower() == ".lance":
            return path.is_dir()
        elif is_saved_dataset(path):
            schema = _load(path)[0].schema
        else:
            return False
        return any(_is_vectors(field.type) for field in schema)
    except (pa.ArrowException, OSError, UnicodeDecodeError, InputError):  # names of columns may not be UTF-8
        return False


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
    parts = saved_parts(path)
    tables = [
        part.table().append_column("split", pa.array([part.name] * len(part.table()))) if part.name else part.table()
        for part in parts
    ]
    return pa.concat_tables(tables), class_names(parts[0].features)


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
