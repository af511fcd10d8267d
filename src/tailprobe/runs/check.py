"""Check tables against the schema of the run folder before they are written, and their columns before they are read."""

from pathlib import Path
from types import MappingProxyType

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from tailprobe.runs.schema import ALWAYS, COLUMNS, LARGE

_MISSING = " or missing"
# Arrow's type of each type of the schema; of a number, pandas stores NaN as a null.
TYPES = MappingProxyType(
    {
        "text": pa.string(),
        "JSON": pa.string(),
        "bytes": pa.binary(),
        "boolean": pa.bool_(),
        "integer": pa.int64(),
        "number": pa.float64(),
        "list of texts": pa.list_(pa.string()),
        "list of integers": pa.list_(pa.int64()),
        "list of numbers": pa.list_(pa.float64()),
    }
)


def to_arrow(name: str, table: pd.DataFrame) -> pa.Table:
    """Return a table of the run folder as it is stored, each column in the type of the schema.

    Args:
        name: name of the table, e.g. `verdicts`.
        table: has the columns of the schema, in any order. An integer may have fewer bits than its stored type, a text
            may be a categorical; nothing else is converted. A number may be NaN; any other column has missing values
            only where the schema allows them.

    Raises:
        ValueError: the table does not match the schema: a bug in tailprobe, not an error of the user.
    """
    if name not in COLUMNS:
        raise ValueError(f"no table of the run folder is called {name!r}; add it to runs/schema.py")
    arrow = pa.Table.from_pandas(table, preserve_index=False)
    faults = faults_of(name, arrow)
    if faults:
        raise ValueError(f"{name}.parquet is not as runs/schema.py says: {'; '.join(faults)}")
    fields = [pa.field(column, _type_of(name, column)) for column in arrow.column_names]
    return arrow.cast(pa.schema(fields, metadata=arrow.schema.metadata))


def faults_of(name: str, arrow: pa.Table) -> list[str]:
    """Return the differences between a table and the schema; empty if there are none."""
    expected, found = COLUMNS[name], arrow.column_names
    faults = [f"column {column} is absent" for column in expected if column not in found]
    faults += [f"column {column} is not in the schema" for column in found if column not in expected]
    return faults + [fault for column in found if column in expected for fault in _column_faults(name, column, arrow)]


def describe_missing(folder: Path) -> str:
    """Return a table or column that a run folder of another version lacks; empty if it has all of the schema.

    Only the files' footers are read, and not those of large files, whose digests are compared later.
    """
    for name, columns in COLUMNS.items():
        path = folder / f"{name}.parquet"
        if not path.exists():
            if name in ALWAYS:
                return path.name
            continue
        absent = set() if path.name in LARGE else set(columns) - set(pq.read_schema(path).names)
        if absent:
            return f"column {min(absent)} of {path.name}"
    return ""


def _column_faults(name: str, column: str, arrow: pa.Table) -> list[str]:
    kind, values = COLUMNS[name][column][0], arrow[column]
    expected = _type_of(name, column)
    if not _fits(values.type, expected):
        return [f"column {column} is {values.type}, expected {kind}"]
    if values.null_count and not kind.endswith(_MISSING) and not pa.types.is_floating(expected):
        return [f"column {column} misses {values.null_count} values, expected {kind}"]
    return []


def _type_of(name: str, column: str) -> pa.DataType:
    return TYPES[COLUMNS[name][column][0].removesuffix(_MISSING)]


def _fits(found: pa.DataType, expected: pa.DataType) -> bool:
    """Return whether a type matches the schema's, at any bit width; the type of a column without values matches any."""
    if pa.types.is_null(found):
        return True
    if pa.types.is_dictionary(found):
        return _fits(found.value_type, expected)
    if pa.types.is_list(expected):
        is_list = pa.types.is_list(found) or pa.types.is_large_list(found) or pa.types.is_fixed_size_list(found)
        return is_list and _fits(found.value_type, expected.value_type)
    return any(
        is_kind(found) and is_kind(expected)
        for is_kind in (_is_text, _is_bytes, pa.types.is_boolean, pa.types.is_integer, pa.types.is_floating)
    )


def _is_text(kind: pa.DataType) -> bool:
    return pa.types.is_string(kind) or pa.types.is_large_string(kind)


def _is_bytes(kind: pa.DataType) -> bool:
    return pa.types.is_binary(kind) or pa.types.is_large_binary(kind)
