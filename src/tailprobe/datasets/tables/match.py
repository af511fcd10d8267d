"""Find the images of a folder by the names that a table uses for them."""

import difflib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import Literal

from tailprobe.datasets.storage.image_files import EXTENSIONS, ImageFiles
from tailprobe.datasets.tables.columns import text_of

_SAME_ENDING = {"jpeg": ".jpg", "jpe": ".jpg", "tiff": ".tif"}
_SAMPLE = 300  # rows of a column that are checked to see whether it names images
_MANY = 20_000  # files; above this number, similar names are not searched for
_UPLOADED = re.compile(r"(?:.*/)?[0-9a-f]{8}-(?=[^/]+$)")  # Label Studio stores an upload as `1a2b3c4d-name.jpg`
How = Literal["", "case", "ending", "upload"]


@dataclass(frozen=True)
class Match:
    """The images that a name in a table refers to."""

    paths: tuple[str, ...]  # relative paths of the images; empty if there are none
    how: How = ""  # how the name differs from the file name


class ImageNames:
    """Finds images by name: any tail of a path, with or without its extension, as `ImageFiles.index` has them.

    If no file has the exact name, names match that differ only in Unicode form, case or the spelling of the extension
    (.jpeg, .JPG); if there are none, names that differ only in the extension; then names without the prefix that Label
    Studio gives to uploads.
    """

    def __init__(self, files: ImageFiles) -> None:
        """Index the images of a folder or archive."""
        self.files = files
        self._exact = files.index()
        self._folder = files.source.name + "/"

    def match(self, name: str) -> Match:
        """Return the images that a name refers to."""
        name = posix(name)
        exact = self.match_exactly(name)
        if exact.paths:
            return exact
        key = _key(name)
        for alike in (key, key.removeprefix(_key(self._folder))):
            if alike in self._alike:
                return Match(tuple(self._alike[alike]), "case")
        stem = _stem(key)
        if stem != key and stem in self._alike:
            return Match(tuple(self._alike[stem]), "ending")
        uploaded = _UPLOADED.match(name)
        return Match(()) if uploaded is None else Match(self.match_exactly(name[uploaded.end() :]).paths, "upload")

    def match_exactly(self, name: str) -> Match:
        """Return the images that have exactly this name; fast, as the index of similar names is not needed."""
        for text in (name, name.removeprefix(self._folder)):
            if text in self.files.image_sources:
                return Match((text,))
            if text in self._exact:
                return Match(tuple(self._exact[text]))
        return Match(())

    def has(self, name: str) -> bool:
        """Return whether an image has exactly this name."""
        return bool(name.strip()) and bool(self.match_exactly(posix(name)).paths)

    def __contains__(self, name: str) -> bool:
        return bool(name.strip()) and bool(self.match(name).paths)

    def share(self, cells: Sequence[object], *, exactly: bool = False) -> float:
        """Return the share of a column's cells that name an image, estimated from evenly spaced rows."""
        step = max(1, len(cells) // _SAMPLE)
        texts = [
            text for cell in cells[::step] if (text := text_of(cell) if isinstance(cell, str | int | float) else "")
        ]
        if exactly:
            return sum(map(self.has, texts)) / max(1, len(texts))
        strip = self.common_steps(texts)
        return sum(drop_steps(text, strip) in self for text in texts) / max(1, len(texts))

    def common_steps(self, names: Sequence[str]) -> int:
        """Return how many leading folders to drop from all names, as in `/kaggle/input/birds/1.jpg`."""
        step = max(1, len(names) // _SAMPLE)
        paths = [posix(name).split("/")[:-1] for name in names[::step] if name.strip()]
        if not paths or any(name in self for name in names[: 3 * step : step]):
            return 0
        common = 0
        while all(len(path) > common and path[common] == paths[0][common] for path in paths):
            common += 1
        sample = [name for name in names[::step] if name.strip()]
        found = {count: sum(drop_steps(name, count) in self for name in sample) for count in range(common + 1)}
        return max(found, key=lambda count: (found[count], -count))

    def near(self, name: str) -> list[str]:
        """Return the files whose names are most similar to a name that does not exist, at most two."""
        if len(self.files.image_sources) > _MANY:
            return []
        return difflib.get_close_matches(posix(name), list(self.files.image_sources), n=2, cutoff=0.75)

    @cached_property
    def _alike(self) -> dict[str, list[str]]:
        alike: dict[str, list[str]] = defaultdict(list)
        for name, paths in self._exact.items():
            key = _key(name)
            alike[key] += [path for path in paths if path not in alike[key]]
        return dict(alike)


def posix(name: str) -> str:
    r"""Return a name with forward slashes, without URL scheme and query.

    >>> posix(r"C:\tiles\1.jpg"), posix("s3://bucket/a/1.jpg?v=2"), posix("./a/1.jpg")
    ('C:/tiles/1.jpg', 'bucket/a/1.jpg', 'a/1.jpg')
    """
    name = name.strip().replace("\\", "/")
    scheme, found, rest = name.partition("://")
    if found and scheme.isalnum():
        name = rest.partition("?")[0]
    return name.removeprefix("./")


def drop_steps(name: str, count: int) -> str:
    """Return a path without its first `count` folders.

    >>> drop_steps("/data/a/1.jpg", 2)
    'a/1.jpg'
    """
    return "/".join(posix(name).split("/")[count:]) if count else name


def _key(name: str) -> str:
    name = unicodedata.normalize("NFC", name).casefold()
    stem, point, ending = name.rpartition(".")
    return f"{stem}{_SAME_ENDING[ending]}" if point and ending in _SAME_ENDING else name


def _stem(key: str) -> str:
    ending = PurePosixPath(key).suffix
    return key.removesuffix(ending) if ending in EXTENSIONS else key
