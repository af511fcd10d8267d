"""Opening Parquet files, with errors that name the file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tailprobe.errors import InputError


def read_schema(path: Path) -> pa.Schema:
    """Return the schema of a Parquet file without reading its rows.

    Raises:
        InputError: the file is missing or is not Parquet.
    """
    if not path.is_file():
        raise InputError(f"{path}: there is no such file")
    with wrap_read_errors(path):
        return pq.read_schema(path)


@contextmanager
def wrap_read_errors(path: Path) -> Iterator[None]:
    """Turn what pyarrow raises on a damaged or foreign file into an InputError that names the file."""
    try:
        yield
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(f"{path}: not a Parquet file that can be read: {reason}; score the study again") from error
