"""List the image files of a folder or a .zip archive."""

import os
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from tailprobe.datasets.storage.file_source import FileSource, open_archive
from tailprobe.datasets.storage.image_source import ImageSource
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
    image_sources: dict[str, ImageSource]  # by relative posix path, sorted
    folders: tuple[str, ...]  # relative paths of all folders below, sorted
    notes: tuple[str, ...]  # what was left out
    others: tuple[str, ...] = ()  # relative paths of the files that are not images, without hidden ones

    def index(self) -> dict[str, list[str]]:
        """Return name -> relative paths, for every name of an image: any end of its path, with or without extension.

        >>> files = ImageFiles(Path("data"), {"a/x.jpg": FileSource(Path("data/a/x.jpg"))}, (), ())
        >>> sorted(files.index())
        ['a/x', 'a/x.jpg', 'x', 'x.jpg']
        """
        paths: dict[str, list[str]] = defaultdict(list)
        for path in self.image_sources:
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
        paths, folders = _walk(source)
        files = {shown_name(path): FileSource(source / path) for path in paths}
        return _of_images(source, files, [shown_name(path) for path in folders], _not_utf8(paths))
    return _of_file(source, on_bad_image)


def _behind_url(source: Url, on_bad_image: OnBadImage) -> ImageFiles:
    if not source.is_dir():
        return _of_file(source, on_bad_image)
    return _of_images(source, {path: FileSource(url) for path, url in source.walk().items()}, [], ())


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


def _of_images(
    source: Source, files: Mapping[str, ImageSource], folders: list[str], notes: tuple[str, ...]
) -> ImageFiles:
    shown = {path: files[path] for path in sorted(files) if not _hidden(path)}
    images = {path: file for path, file in shown.items() if PurePosixPath(path).suffix.lower() in EXTENSIONS}
    hidden, others = len(files) - len(shown), [path for path in shown if path not in images]
    if hidden:
        notes += (f"{hidden} hidden files ignored",)
    if others:
        notes += (f"files that are not images, ignored: {len(others)} ({preview(others)})",)
    return ImageFiles(
        source, images, tuple(path for path in sorted(folders) if not _hidden(path)), notes, tuple(others)
    )


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
        with open_archive(source) as archive:
            members = archive.infolist()
    except (OSError, zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise InputError(f"{source}: the archive cannot be read ({error}); download or create it again") from error
    files = [member for member in members if not member.is_dir()]
    bad = {member.filename: reason for member in files if (reason := _unusable(member))}
    if bad and on_bad_image == "error":
        name, reason = next(iter(bad.items()))
        raise InputError(
            f"{source}!{name}: {reason}; create the archive again, or pass --on-bad-image skip to leave the member out"
        )
    good = {posix_name(member): FileSource(source, member.filename) for member in files if member.filename not in bad}
    folders = {posix_name(member).rstrip("/") for member in members if member.is_dir()}
    folders |= {parent.as_posix() for name in good for parent in PurePosixPath(name).parents if parent.name}
    notes = (f"{len(bad)} members of the archive left out as unusable ({preview(list(bad))})",) if bad else ()
    return _of_images(source, good, list(folders), notes)


def posix_name(member: zipfile.ZipInfo) -> str:
    """Return the path of a member with forward slashes: some Windows programs write backslashes."""
    return member.filename if "/" in member.filename else member.filename.replace("\\", "/")


def _unusable(member: zipfile.ZipInfo) -> str | None:
    path = PurePosixPath(posix_name(member))
    if path.is_absolute() or ".." in path.parts:
        return "the path is outside the archive"
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
