"""List the image files of a folder or a .zip archive."""

import os
import zipfile
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Literal

import numpy as np
from jaxtyping import Int

from tailprobe.datasets.storage.file_source import FileSource, FileSources, directory
from tailprobe.datasets.storage.image_source import ImageSource
from tailprobe.datasets.storage.names import Names, compact
from tailprobe.datasets.storage.url import Source, Url
from tailprobe.errors import InputError

OnBadImage = Literal["error", "skip"]
_COMMON = (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".pgm")
EXTENSIONS = frozenset((*_COMMON, ".avif", ".heic", ".heif", ".jp2", ".j2k", ".dcm", ".dicom"))
MAX_MEMBER = 2**30  # bytes of a decompressed member; anything larger is treated as a decompression bomb


@dataclass(frozen=True, eq=False)
class ImageFiles:
    """The images in a folder or archive, without hidden files and files of other types."""

    source: Source
    paths: Sequence[str]  # (N,) relative posix paths of the images, distinct, sorted
    sources: Sequence[ImageSource]  # (N,)
    folders: tuple[str, ...] = ()  # relative paths of all folders below, sorted
    notes: tuple[str, ...] = ()  # what was left out
    others: tuple[str, ...] = ()  # relative paths of the files that are not images, without hidden ones

    @cached_property
    def image_sources(self) -> dict[str, ImageSource]:
        """The image sources by relative path: an object for each, where `paths` and `sources` may be buffers."""
        return dict(zip(self.paths, self.sources, strict=True))

    def index(self) -> dict[str, list[str]]:
        """Return name -> relative paths, for every name of an image: any end of its path, with or without extension.

        >>> files = ImageFiles(Path("data"), ["a/x.jpg"], [FileSource(Path("data/a/x.jpg"))])
        >>> sorted(files.index())
        ['a/x', 'a/x.jpg', 'x', 'x.jpg']
        """
        paths: dict[str, list[str]] = defaultdict(list)
        for path in self.paths:
            bare = path[: path.rindex(".")]
            for start in _tails(path):
                paths[path[start:]].append(path)
                paths[bare[start:]].append(path)
        return paths


def find_images(source: Source, *, on_bad_image: OnBadImage = "error") -> ImageFiles:
    """List the images in a folder, following links, or in a .zip archive, by extension; no image is opened.

    Raises:
        InputError: `source` is neither, or an archive is damaged. Also if a member is encrypted, declares more than
            `MAX_MEMBER` bytes or has a path outside the archive; with "skip" it is left out and noted. Or if a URL
            cannot be read.
    """
    if isinstance(source, Url):
        try:
            return _behind_url(source, on_bad_image)
        except OSError as error:
            raise InputError(f"{source}: cannot be read ({error}); check the URL and your access to it") from error
    if isinstance(source, Path) and source.is_dir():
        return _in_folder(source)
    return _of_file(source, on_bad_image)


def _behind_url(source: Url, on_bad_image: OnBadImage) -> ImageFiles:
    if not source.is_dir():
        return _of_file(source, on_bad_image)
    found = source.walk()
    paths = sorted(found)
    shown = _Shown.of(paths)
    files = [FileSource(found[paths[row]]) for row in shown.images]
    return ImageFiles(source, [paths[row] for row in shown.images], files, (), shown.notes(), shown.others)


def _in_folder(source: Path) -> ImageFiles:
    files, folders = _walk(source)
    files.sort(key=shown_name)
    paths = list(map(shown_name, files))
    shown = _Shown.of(paths)
    sources = FileSources(source, compact([files[row] for row in shown.images]))
    below = tuple(sorted(path for path in map(shown_name, folders) if not _hidden(path)))
    notes = (*_not_utf8(files), *shown.notes())
    return ImageFiles(source, compact([paths[row] for row in shown.images]), sources, below, notes, shown.others)


def _of_file(source: Source, on_bad_image: OnBadImage) -> ImageFiles:
    if not source.exists():
        raise InputError(f"{source}: expected a folder of images or a .zip of one, but there is none; check the path")
    if not _is_zip(source):
        raise InputError(f"{source}: expected a folder of images or a .zip of one; pass the folder the images are in")
    return _in_archive(source, on_bad_image=on_bad_image)


def clean_name(name: str, *, where: str) -> str:
    r"""Return a name from a table as a relative posix path.

    Raises:
        InputError: the name is empty, absolute, or outside the folder.

    >>> clean_name(r"tiles\\1.jpg", where="t.csv, row 2")
    'tiles/1.jpg'
    """
    path = PurePosixPath(name.strip().replace("\\", "/"))
    if not path.name or "\0" in name:
        raise InputError(f"{where}: the image's name is {'empty' if not name.strip() else repr(name)}; name a file")
    if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
        raise InputError(f"{where}: image {name!r} is outside the image folder; use its path within the folder")
    return path.as_posix()


def preview(names: Sequence[str], *, shown: int = 3) -> str:
    """Join names, at most the first `shown` of them.

    >>> preview(["a", "b", "c", "d"])
    'a, b, c, ...'
    """
    return ", ".join(names[:shown]) + (", ..." if len(names) > shown else "")


@dataclass(frozen=True, eq=False)
class _Shown:
    """Which of some files are images."""

    images: Int[np.ndarray, " I"]  # rows
    hidden: int
    others: tuple[str, ...]  # paths of those that are neither hidden nor images

    @classmethod
    def of(cls, paths: Iterable[str]) -> "_Shown":
        images, others, hidden = array("q"), list[str](), 0
        for row, path in enumerate(paths):
            if _hidden(path):
                hidden += 1
            elif PurePosixPath(path).suffix.lower() in EXTENSIONS:
                images.append(row)
            else:
                others.append(path)
        return cls(np.array(images, dtype=np.int64), hidden, tuple(others))

    def notes(self) -> tuple[str, ...]:
        notes: tuple[str, ...] = ()
        if self.hidden:
            notes += (f"{self.hidden} hidden files ignored",)
        if self.others:
            notes += (f"files that are not images, ignored: {len(self.others)} ({preview(self.others)})",)
        return notes


def shown_name(path: str) -> str:
    r"""Return a path as printable text, with bytes that are not valid UTF-8 shown as `\xff`.

    >>> shown_name("a/caf\udce9.jpg") == "a/caf" + chr(92) + "xe9.jpg"
    True
    """
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _not_utf8(paths: Sequence[str]) -> tuple[str, ...]:
    changed = [path for path in paths if shown_name(path) != path]
    if not changed:
        return ()
    return (f"{len(changed):,} file names are not UTF-8 and are shown as {preview(list(map(shown_name, changed)))}",)


def _refuse_unreadable(error: OSError) -> None:
    """Raise an error for a folder that cannot be listed, as its images would otherwise be missing silently."""
    raise InputError(
        f"{error.filename}: the folder cannot be listed ({error.strerror or error}); grant permission to read "
        "it, or move it elsewhere"
    ) from error


def _walk(top: Path) -> tuple[list[str], list[str]]:
    """Return the relative paths of files and of folders; a folder reached through several links is walked once."""
    files, below, seen = list[str](), list[str](), set[str]()
    for here, folders, names in os.walk(top, followlinks=True, onerror=_refuse_unreadable):
        real = os.path.realpath(here)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        relative = Path(here).relative_to(top)
        files += [(relative / name).as_posix() for name in names]
        below += [(relative / name).as_posix() for name in folders]
    return files, below


def _is_zip(source: Source) -> bool:
    if isinstance(source, Path):
        return zipfile.is_zipfile(source)
    source.read_bytes(0, 4)  # `is_zipfile` takes a server that cannot be read from for a file that is no .zip
    with source.range_reader() as stream:
        return zipfile.is_zipfile(stream)


def _in_archive(source: Source, *, on_bad_image: OnBadImage) -> ImageFiles:
    try:
        members = directory(source)
    except (OSError, zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise InputError(f"{source}: the archive cannot be read ({error}); download or create it again") from error
    good, bad, folders = array("q"), list[str](), set[str]()
    for row, info in enumerate(members):
        path = _posix(info.filename)
        if info.is_dir():
            folders.add(path.rstrip("/"))
        elif (reason := _unusable(info)) is None:
            good.append(row)
            folders.add(path.rpartition("/")[0])
        elif on_bad_image == "error":
            raise InputError(
                f"{source}!{info.filename}: {reason}; create the archive again, or pass --on-bad-image skip to leave "
                "the member out"
            )
        else:
            bad.append(info.filename)
    notes = (f"{len(bad)} members of the archive left out as unusable ({preview(bad)})",) if bad else ()
    names = members.names.take(np.array(good, dtype=np.int64))
    paths = Names(map(_posix, names)) if any("\\" in name for name in names) else names
    order = paths.order()
    order = order[paths.take(order).last_of_equal()]
    paths, names = paths.take(order), names.take(order)
    shown = _Shown.of(paths)
    sources = FileSources(source, names.take(shown.images), archived=True)
    return ImageFiles(
        source, paths.take(shown.images), sources, _all_folders(folders), notes + shown.notes(), shown.others
    )


def _all_folders(inner: Iterable[str]) -> tuple[str, ...]:
    """Return folders and the folders around them, without hidden ones."""
    found = {path for folder in inner for path in (folder, *map(str, PurePosixPath(folder).parents))}
    return tuple(path for path in sorted(found - {"", "."}) if not _hidden(path))


def _posix(name: str) -> str:
    """Return the name of a member with forward slashes: some Windows programs write backslashes."""
    return name if "/" in name else name.replace("\\", "/")


def _unusable(member: zipfile.ZipInfo) -> str | None:
    path = PurePosixPath(_posix(member.orig_filename))
    if path.is_absolute() or ".." in path.parts:
        return "the path is outside the archive"
    if "\0" in member.orig_filename:
        return "the name contains a null byte"
    if member.flag_bits & 1:
        return "the member is encrypted"
    if member.file_size > MAX_MEMBER:
        return f"the member decompresses to {member.file_size:,} bytes"
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        return "the member uses an unsupported compression method"
    return None


def _hidden(path: str) -> bool:
    return any(part.startswith(".") or part == "__MACOSX" for part in path.split("/"))


def _tails(path: str) -> Iterator[int]:
    yield 0
    yield from (position + 1 for position, letter in enumerate(path) if letter == "/")
