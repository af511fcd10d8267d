"""How result files are written, whole or not at all, and opened, checked."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tailprobe.errors import InputError


@contextmanager
def new_file(path: Path, *, overwrite: bool = False) -> Iterator[Path]:
    """Give a temporary name in the same folder, renamed to `path` when the block ends well and removed otherwise.

    Raises:
        InputError: `path` exists and may not be overwritten, or its folder does not exist.
    """
    _refuse_existing(path, overwrite=overwrite)
    if not path.parent.is_dir():
        raise InputError(f"{path}: its folder does not exist; create {path.parent} first")
    partial = path.with_name(f".{path.name}.partial")
    try:
        yield partial
        _refuse_existing(path, overwrite=overwrite)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def read_schema(path: Path) -> pa.Schema:
    """Return the schema of a Parquet file without reading its rows.

    Raises:
        InputError: the file is missing or is not Parquet.
    """
    if not path.is_file():
        raise InputError(f"{path}: there is no such file")
    with damage_named(path):
        return pq.read_schema(path)


@contextmanager
def damage_named(path: Path) -> Iterator[None]:
    """Turn what pyarrow raises on a damaged or foreign file into an InputError that names the file."""
    try:
        yield
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(f"{path}: not a Parquet file that can be read: {reason}; score the study again") from error


def _refuse_existing(path: Path, *, overwrite: bool) -> None:
    if path.exists() and not overwrite:
        raise InputError(f"{path}: exists already; choose another name or allow it to be overwritten")
