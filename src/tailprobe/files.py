"""Atomic writes: a file is written under a temporary name next to the target, then renamed.

Errors of the file system (no disk space, no permission, a file in place of a folder) become an `InputError` of one
line.
"""

import errno
import hashlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from tailprobe.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

_PARTIAL = ".partial"
# Errors that the user can fix, and how. Other errors of the system keep their traceback.
_FULL = "free disk space and run the same command again"
_NO_RIGHT = "grant permission to write there, or choose another place"
_REMEDIES = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EFBIG: "the file system or a limit (ulimit -f) allows no file of this size; choose another place",
    errno.EACCES: _NO_RIGHT,
    errno.EPERM: _NO_RIGHT,
    errno.EROFS: "the file system is read-only; choose another place",
    errno.ENOTDIR: "a file is where a folder should be; move it, or choose another place",
    errno.EEXIST: "a file is where a folder should be; move it, or choose another place",
    errno.ENOENT: "the folder it should be in does not exist; create it, or choose another place",
    errno.EISDIR: "a folder is where the file should be; move it, or choose another place",
    errno.ENAMETOOLONG: "the name is too long; choose a shorter one",
    errno.EIO: "the disk or the connection to it fails; run the same command again when it works",
    errno.ESTALE: "the connection to the disk was lost; run the same command again when it works",
}


@contextmanager
def write_whole(path: Path, *, overwrite: bool = True, shared: bool = False, durable: bool = True) -> Iterator[Path]:
    """Yield a temporary path in the same folder; it is renamed to `path` if the block succeeds, and removed otherwise.

    Args:
        path: the file to write.
        overwrite: replace an existing file.
        shared: another process may write the same file at the same time; the temporary name then has the process id.
        durable: the file is on the disk before it gets its name, so that a power cut leaves the old one or the new one.

    Raises:
        InputError: `path` exists and may not be overwritten, its folder does not exist, or it cannot be written for
            lack of disk space or permission.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "numbers.txt"
    >>> with write_whole(path) as partial:
    ...     _ = partial.write_text("1, 2")
    ...     path.exists()
    False
    >>> path.read_text()
    '1, 2'
    """
    with wrap_write_errors(path):
        _refuse_existing(path, overwrite=overwrite)
        if not path.parent.is_dir():
            raise InputError(f"{path}: its folder does not exist; create {path.parent} first")
        process = f".{os.getpid()}" if shared else ""
        partial = path.with_name(f".{path.name}{process}{_PARTIAL}")
        try:
            yield partial
            _refuse_existing(path, overwrite=overwrite)
            _use_default_permissions(partial)
            if durable:
                _sync(partial)
            partial.replace(path)
            if durable:
                _sync_folder(path.parent)
        finally:
            with suppress(OSError):
                partial.unlink(missing_ok=True)


def write_text(path: Path, text: str, *, overwrite: bool = True) -> None:
    """Write a text in UTF-8, replacing an older file; raises as `write_whole`."""
    with write_whole(path, overwrite=overwrite) as partial:
        partial.write_text(text, encoding="utf-8")


def write_parquet(path: Path, table: "pd.DataFrame") -> None:
    """Write a table as Parquet without its index, replacing an older file; raises as `write_whole`."""
    with write_whole(path) as partial:
        table.to_parquet(partial, index=False)


def make_folder(path: Path) -> None:
    """Make a folder and those above it, if they are missing.

    Raises:
        InputError: it cannot be made, or a file is in its place.
    """
    with wrap_write_errors(path):
        path.mkdir(parents=True, exist_ok=True)


def remove_partials(folder: Path) -> None:
    """Remove unfinished files of killed processes in a folder and below; no other process may be writing there."""
    for path in folder.rglob(f".*{_PARTIAL}"):
        path.unlink(missing_ok=True)


def is_partial(path: Path) -> bool:
    """Return whether a path is the temporary name of an unfinished file."""
    return path.name.startswith(".") and path.name.endswith(_PARTIAL)


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file as a hex digest."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def wrap_write_errors(path: Path) -> Iterator[None]:
    """Turn the system's errors of writing into an InputError that names the path and how to fix it."""
    try:
        yield
    except OSError as error:
        message = write_error_message(error, path)
        if message is None:
            raise
        raise InputError(message) from error


def write_error_message(error: OSError, path: Path | None = None) -> str | None:
    """Return a system error as one line that says how to fix it; None for one that the user cannot fix.

    >>> write_error_message(OSError(errno.ENOSPC, "No space left on device"), Path("run/scores.parquet"))
    'run/scores.parquet: cannot be written (No space left on device); free disk space and run the same command again'
    """
    code = error.errno if error.errno in _REMEDIES else _code_in(str(error))
    if code is None:
        return None
    named = path or error.filename or "a file"
    return f"{named}: cannot be written ({os.strerror(code)}); {_REMEDIES[code]}"


def _code_in(text: str) -> int | None:
    """Return the error number of a library's error that only has its text, such as Arrow's."""
    return next((code for code in _REMEDIES if os.strerror(code) in text), None)


def _use_default_permissions(path: Path) -> None:
    """Give a file or folder the permissions of a new one, where a library made it private to its owner."""
    if sys.platform == "win32" or not path.exists() or path.stat().st_mode & 0o077:
        return
    path.chmod(path.stat().st_mode | _default_permissions(path))


def _default_permissions(path: Path) -> int:
    """Return the permissions that the umask leaves, by making a file; reading the umask would mean setting it."""
    probe = path.with_name(f".{path.name}.rights{_PARTIAL}")
    (probe.mkdir if path.is_dir() else probe.touch)()
    try:
        return probe.stat().st_mode & 0o777
    finally:
        (probe.rmdir if path.is_dir() else probe.unlink)()


def open_folder(path: Path) -> None:
    """Give a folder copied from a private one, such as a temporary folder, the permissions of a new folder."""
    _use_default_permissions(path)


def _sync(path: Path) -> None:
    if not path.is_file():
        return
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _sync_folder(path: Path) -> None:
    """Flush a rename to the disk, where the system supports it."""
    if sys.platform == "win32":
        return
    with suppress(OSError):  # some network file systems do not support it
        folder = os.open(path, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _refuse_existing(path: Path, *, overwrite: bool) -> None:
    if path.exists() and not overwrite:
        raise InputError(f"{path}: exists already; choose another name or allow it to be overwritten")
