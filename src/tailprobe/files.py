"""Files that are written whole or not at all: under a temporary name beside the target, then renamed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tailprobe.errors import InputError

if TYPE_CHECKING:
    import pandas as pd


@contextmanager
def write_whole(path: Path, *, overwrite: bool = True, shared: bool = False) -> Iterator[Path]:
    """Give a temporary path in the same folder; it becomes `path` when the block ends well and is removed otherwise.

    Args:
        overwrite: replace a file that is there.
        shared: another process may write the same file at the same time; the temporary name then holds the process id.

    Raises:
        InputError: `path` exists and may not be overwritten, or its folder does not exist.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "numbers.txt"
    >>> with write_whole(path) as partial:
    ...     _ = partial.write_text("1, 2")
    ...     path.exists()
    False
    >>> path.read_text()
    '1, 2'
    """
    _refuse_existing(path, overwrite=overwrite)
    if not path.parent.is_dir():
        raise InputError(f"{path}: its folder does not exist; create {path.parent} first")
    process = f".{os.getpid()}" if shared else ""
    partial = path.with_name(f".{path.name}{process}.partial")
    try:
        yield partial
        _refuse_existing(path, overwrite=overwrite)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text in UTF-8, replacing an older file; raises as `write_whole`."""
    with write_whole(path) as partial:
        partial.write_text(text, encoding="utf-8")


def write_parquet(path: Path, table: "pd.DataFrame") -> None:
    """Write a table as Parquet without its index, replacing an older file; raises as `write_whole`."""
    with write_whole(path) as partial:
        table.to_parquet(partial, index=False)


def _refuse_existing(path: Path, *, overwrite: bool) -> None:
    if path.exists() and not overwrite:
        raise InputError(f"{path}: exists already; choose another name or allow it to be overwritten")
