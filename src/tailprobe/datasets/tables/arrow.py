"""Label tables in Parquet files, with the class names that Hugging Face stores in their metadata."""

from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tailprobe.datasets.storage.saved_dataset import class_names, features_of, to_class_names
from tailprobe.datasets.storage.url import Source
from tailprobe.datasets.tables.arrow_cells import arrow_cells
from tailprobe.datasets.tables.columns import Columns
from tailprobe.errors import InputError

INDEX = "__index_level_"  # prefix of the columns in which pandas stores its index


def read_parquet(path: Source) -> Columns:
    """Read a Parquet table; columns of images or other binary data are left out.

    Raises:
        InputError: the file cannot be read, or two columns have the same name.
    """
    try:
        table = pq.read_table(path if isinstance(path, Path) else pa.BufferReader(path.read_bytes()))
        return columns_of(table, path)
    except InputError:
        raise
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:  # text that is not UTF-8, dates too large
        reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise InputError(f"{path}: not a readable Parquet file ({reason}); write the table again") from error


def columns_of(table: pa.Table, path: Source) -> Columns:
    """Return an Arrow table as columns, class numbers replaced by the class names in its metadata."""
    names = table.column_names
    if len(set(names)) < len(names):
        repeated = min(name for name, count in Counter(names).items() if count > 1)
        raise InputError(f"{path.name}: two columns are called {repeated!r}; rename one")
    classes = class_names(features_of(table.schema))
    kept = [name for name in names if not name.startswith(INDEX) and not holds_bytes(table.schema.field(name).type)]
    cells = {
        name: to_class_names(arrow_cells(table.column(name), path, name), classes.get(name), Path(path.name), name)
        for name in kept
    }
    return Columns(path, cells, range(1, table.num_rows + 1))


def holds_bytes(kind: pa.DataType) -> bool:
    """Return whether a column holds bytes, or structs with bytes, as columns of images do."""
    if pa.types.is_struct(kind):
        return any(holds_bytes(kind.field(i).type) for i in range(kind.num_fields))
    return pa.types.is_binary(kind) or pa.types.is_large_binary(kind)
