"""A file or folder at a URL of any fsspec file system, with the methods of `pathlib.Path` that readers need."""

import importlib
import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from typing_extensions import Buffer

from tailprobe.datasets.storage.braces import expand_braces, is_pattern
from tailprobe.errors import InputError

_T = TypeVar("_T")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*(://|::)")
# The properties by which file systems identify the version of a file, most reliable first.
_ETAG_KEYS = [
    *("ETag", "etag", "checksum", "md5Hash", "content_md5", "md5", "CRC", "generation"),
    *("mtime", "LastModified", "Last-Modified", "last_modified", "updated", "modified", "created"),
]


@dataclass(frozen=True)
class Url:
    """A path in the file system of a URL.

    Stored as the URL that the user gave and a path in its file system, never joined into one string: object keys may
    come from untrusted users, and one such as `x::file:///etc/passwd` would point to another file system.
    """

    root: str  # the URL that the user gave, which selects the file system
    path: str  # within it, as fsspec writes it: "bucket/folder/1.jpg"
    listed_etag: str = field(default="", compare=False)  # from a folder listing, if there was one
    listed_size: int = field(default=-1, compare=False)  # bytes, from a folder listing

    @classmethod
    def of(cls, url: str) -> "Url":
        """Return the `Url` for a string.

        Raises:
            InputError: fsspec does not know the protocol or a package for it is missing, or the URL is malformed.
        """
        return cls(url, _file_system(url)[1])

    @property
    def name(self) -> str:
        """The last component of the path."""
        return PurePosixPath(self.path).name

    @property
    def stem(self) -> str:
        """The name without its last extension."""
        return PurePosixPath(self.path).stem

    @property
    def suffix(self) -> str:
        """The last extension of the name, with its dot."""
        return PurePosixPath(self.path).suffix

    @property
    def parent(self) -> "Url":
        """The folder that contains the file or folder."""
        return Url(self.root, self.path.rstrip("/").rpartition("/")[0])

    def __truediv__(self, name: str) -> "Url":
        return Url(self.root, f"{self.path.rstrip('/')}/{name}" if self.path else name)

    def is_dir(self) -> bool:
        """Return whether there is a folder, or object keys with this prefix."""
        return self._call(lambda fs: bool(fs.isdir(self.path)))

    def is_file(self) -> bool:
        """Return whether there is a file."""
        return self._call(lambda fs: bool(fs.isfile(self.path)))

    def exists(self) -> bool:
        """Return whether there is a file or a folder."""
        return self._call(lambda fs: bool(fs.exists(self.path)))

    def iterdir(self) -> Iterator["Url"]:
        """Return the files and folders in the folder."""
        paths: list[str] = self._call(lambda fs: fs.ls(self.path, detail=False))
        folder = self.path.rstrip("/")
        return iter([Url(self.root, path) for path in paths if path.rstrip("/") != folder])

    def walk(self) -> dict[str, "Url"]:
        """Return every file below by its relative path, in one listing, each with its etag."""
        found: dict[str, dict[str, Any]] = self._call(lambda fs: fs.find(self.path, detail=True))
        start = self.path.rstrip("/") + "/" if self.path.strip("/") else self.path
        return {
            path.removeprefix(start).lstrip("/"): Url(self.root, path, _etag(info), info.get("size") or -1)
            for path, info in found.items()
            if info.get("type") == "file" and path != self.path
        }

    def expanded(self) -> list["Url"]:
        """Return the files that a brace pattern expands to."""
        return [Url(self.root, path) for path in expand_braces(self.path)] if is_pattern(self.path) else [self]

    def size(self) -> int:
        """Return the number of bytes."""
        return self.listed_size if self.listed_size >= 0 else _size(self._info())

    def etag(self) -> str:
        """Return a string that changes with the content, from the listing if there was one.

        Raises:
            OSError: the file is missing, or the file system gives neither a checksum nor a modification time.
        """
        etag = self.listed_etag or _etag(self._info())
        if not etag:
            raise OSError(
                "the file system gives neither a checksum nor a modification time; copy the files to another one"
            )
        return etag

    def with_etag(self) -> "Url":
        """Return this URL with its etag and size, requested once."""
        info = self._info()
        return replace(self, listed_etag=_etag(info), listed_size=_size(info))

    def read_bytes(self, start: int | None = None, end: int | None = None) -> bytes:
        """Return the bytes from `start` up to `end`, by default all, in one request.

        Raises:
            OSError: they cannot be read, or the server sends the whole file where a part is asked for.
        """
        if start is not None and start == end:
            return b""
        data = bytes(self._call(lambda fs: fs.cat_file(self.path, start=start, end=end)))
        if start is not None and end is not None and len(data) > end - start:
            raise OSError("its server sends whole files only, without HTTP ranges; download it and give its path")
        return data

    def read_text(self, encoding: str) -> str:
        """Return the content as text."""
        return self.read_bytes().decode(encoding)

    @contextmanager
    def open(self, mode: str = "rb") -> Iterator[Any]:
        """Open for reading from the beginning; blocks are fetched in advance."""
        with self._call(lambda fs: fs.open(self.path, mode)) as stream, _as_os_errors():
            yield stream

    def range_reader(self, start: int = 0, size: int | None = None) -> io.BufferedReader:
        """Open `size` bytes from `start`, by default all; only what is read is fetched, at least 64 KiB at a time."""
        return io.BufferedReader(_RangeReader(self, start, self.size() if size is None else size), 2**16)

    def __str__(self) -> str:
        try:
            inner = str(_file_system(self.root)[0].unstrip_protocol(self.path))
        except TypeError:  # some wrapping file systems do not support it
            inner = self.path
        _, chained, outer = self.root.partition("::")
        return inner + chained + outer

    def _info(self) -> dict[str, Any]:
        return self._call(lambda fs: dict(fs.info(self.path)))

    def _call(self, work: Callable[[Any], _T]) -> _T:
        with _as_os_errors():
            return work(_file_system(self.root)[0])


class _RangeReader(io.RawIOBase):
    """A byte range of a URL as a stream; each read is one request."""

    def __init__(self, url: Url, start: int, size: int) -> None:
        self._url, self._start, self._size, self._at = url, start, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = max(0, offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence])
        return self._at

    def readinto(self, buffer: Buffer) -> int:
        view = memoryview(buffer).cast("B")
        end = min(self._at + len(view), self._size)
        data = self._url.read_bytes(self._start + self._at, self._start + end) if end > self._at else b""
        view[: len(data)] = data
        self._at += len(data)
        return len(data)


Source = Path | Url


def is_url(text: str) -> bool:
    r"""Return whether a string is a URL rather than a path.

    >>> is_url("s3://bucket/folder"), is_url("zip://a::s3://bucket/b.zip"), is_url("C:\\images"), is_url("images")
    (True, True, False, False)
    """
    return _URL.match(text) is not None


def parse_source(given: str | Path | Url) -> Source:
    """Return a `Path`, or a `Url` for a string that is a URL.

    Raises:
        InputError: as `Url.of`; or a URL was converted to a `Path`, which drops a slash.
    """
    if isinstance(given, Path) and re.match(r"[A-Za-z][A-Za-z0-9+.-]+:/(?!/)", given.as_posix()):
        raise InputError(f"{given}: a Path cannot hold a URL, as it drops a slash; pass the URL as a string")
    return (
        Url.of(given) if isinstance(given, str) and is_url(given) else given if isinstance(given, Url) else Path(given)
    )


def absolute(given: str) -> str:
    """Return the absolute path of a file or folder; a URL is returned unchanged.

    Raises:
        InputError: as `absolute_path`.
    """
    return given if is_url(given) else str(absolute_path(given))


def absolute_path(given: str, *, below: Path | None = None) -> Path:
    """Return the absolute path of a file or folder, relative to `below` or the current folder.

    Raises:
        InputError: not a valid path: it contains a null byte, or the home folder of an unknown user.
    """
    try:
        path = Path(given).expanduser()
        return (path if below is None else below / path).resolve()
    except (ValueError, RuntimeError, OSError) as error:
        raise InputError(f"{given[:80]!r} is not a valid path ({error}); name a file or folder") from None


@contextmanager
def _as_os_errors() -> Iterator[None]:
    """Turn the exceptions of the packages behind fsspec, which have no common type, into OSError."""
    try:
        yield
    except (OSError, InputError):
        raise
    except Exception as error:
        raise OSError(f"{type(error).__name__}: {' '.join(str(error).split())[:200]}") from error


def _file_system(url: str) -> tuple[Any, str]:
    """Return the file system of a URL and the path in it; fsspec keeps one file system per thread."""
    try:
        core = importlib.import_module("fsspec.core")
    except ImportError:
        raise InputError(f"{url}: reading URLs needs fsspec; pip install 'tailprobe[url]'") from None
    try:
        fs, path = core.url_to_fs(url)
        return fs, str(path)
    except ImportError as error:
        raise InputError(f"{url}: {error}; pip install {_package(url)}") from error
    except Exception as error:  # file systems raise various exceptions for incomplete URLs
        known = ", ".join(["s3", "gs", "az", "https", "file", "memory", "zip"])
        raise InputError(
            f"{url}: not a URL that fsspec can open ({error}); expected one of {known} or the like"
        ) from error


def _package(url: str) -> str:
    protocol = url.rpartition("::")[2].partition("://")[0]
    return {"s3": "s3fs", "s3a": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "az": "adlfs", "abfs": "adlfs"}.get(
        protocol, "what it names"
    )


def _etag(info: dict[str, Any]) -> str:
    key = next((key for key in _ETAG_KEYS if info.get(key) not in (None, "")), None)
    if key is None:
        return ""
    value = (
        info[key].timestamp() if isinstance(info[key], datetime) else info[key]
    )  # the type differs between file systems
    return f"{info.get('size')} {key} {value}"


def _size(info: dict[str, Any]) -> int:
    if not isinstance(info.get("size"), int):
        raise OSError("the file system does not give the size of the file; copy the files to another one")
    return int(info["size"])
