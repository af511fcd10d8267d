"""The images of a folder by the names that a table may have for them."""

import difflib
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
_SAMPLE = 300  # rows of a column looked at to see whether it names images
_MANY = 20_000  # files; among more, near names are not looked for
How = Literal["", "case", "ending"]


@dataclass(frozen=True)
class Match:
    """What a name in a table stands for."""

    paths: tuple[str, ...]  # relative paths of the images; none where it names none
    how: How = ""  # in what the name differs from the file's


class ImageNames:
    """Finds images by name: any tail of a path, with or without its extension, as `ImageFiles.index` has them.

    Names that differ from a file's in Unicode's form, case or the spelling of an ending (.jpeg, .JPG) match where no
    file has the very name, then names that differ in the ending alone.
    """

    def __init__(self, files: ImageFiles) -> None:
        """Index the images of a folder or archive."""
        self.files = files
        self._exact = files.index()
        self._folder = files.source.name + "/"

    def match(self, name: str) -> Match:
        """Return the images that a name stands for."""
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
        return Match(())

    def match_exactly(self, name: str) -> Match:
        """Return the images that have the very name; quick, as the index of like names is not made."""
        for text in (name, name.removeprefix(self._folder)):
            if text in self.files.image_sources:
                return Match((text,))
            if text in self._exact:
                return Match(tuple(self._exact[text]))
        return Match(())

    def has(self, name: str) -> bool:
        """Return whether an image has the very name."""
        return bool(name.strip()) and bool(self.match_exactly(posix(name)).paths)

    def __contains__(self, name: str) -> bool:
        return bool(name.strip()) and bool(self.match(name).paths)

    def share(self, cells: Sequence[object], *, exactly: bool = False) -> float:
        """Return the share of a column's cells that name an image, of some that lie evenly over the rows."""
        step = max(1, len(cells) // _SAMPLE)
        texts = [
            text for cell in cells[::step] if (text := text_of(cell) if isinstance(cell, str | int | float) else "")
        ]
        if exactly:
            return sum(map(self.has, texts)) / max(1, len(texts))
        strip = self.common_steps(texts)
        return sum(drop_steps(text, strip) in self for text in texts) / max(1, len(texts))

    def common_steps(self, names: Sequence[str]) -> int:
        """Return how many folders all names begin with that are none of the source's: `/kaggle/input/birds/1.jpg`."""
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
        """Return the files whose names are nearest to one that is not there, at most two."""
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
    r"""Return a name with slashes, without a scheme or a query.

    >>> posix(r"C:\tiles\1.jpg"), posix("s3://bucket/a/1.jpg?v=2"), posix("./a/1.jpg")
    ('C:/tiles/1.jpg', 'bucket/a/1.jpg', 'a/1.jpg')
    """
    name = name.strip().replace("\\", "/")
    scheme, found, rest = name.partition("://")
    if found and scheme.isalnum():
        name = rest.partition("?")[0]
    return name.removeprefix("./")


def drop_steps(name: str, count: int) -> str:
    """Return a name without its first folders.

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
