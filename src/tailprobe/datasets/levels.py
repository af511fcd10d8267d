"""Group images by the folders of their paths."""

from dataclasses import replace
from pathlib import Path

from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.storage.file_source import FileSource
from tailprobe.datasets.tables.options import flag
from tailprobe.errors import InputError

_PREFIX = "level:"


def group_by_level(images: LabeledImages, group_column: str) -> LabeledImages:
    """Return images grouped by a folder of their path.

    Args:
        images: images of files; paths are relative to the folder that was read.
        group_column: `level:1` for the first folder of the path, `level:2` for the first two, and so on.

    Raises:
        InputError: the level is not a number from 1, or an image is in fewer folders.
    """
    text = group_column.removeprefix(_PREFIX)
    if not text.isdecimal() or int(text) < 1:
        raise InputError(f"{flag('group_column')} {group_column}: expected level:1, level:2, ...")
    level = int(text)
    groups = []
    for n, name in enumerate(images.names):
        folders = _path(images, n).split("/")[:-1]
        if len(folders) < level:
            raise InputError(
                f"{images.source}: image {name!r} is in {len(folders)} folders, so {group_column} names no "
                f"group of it; pass a lower level to {flag('group_column')}"
            )
        groups.append("/".join(folders[:level]))
    note = f"{len(set(groups)):,} groups of images, by the {text}. level of folders"
    return replace(images, groups=tuple(groups), notes=(*images.notes, note))


def _path(images: LabeledImages, n: int) -> str:
    """Return the path of an image below the folder that was read."""
    source = images.image_sources[n]
    if isinstance(source, FileSource):
        if source.member is not None:
            return source.member.replace("\\", "/")
        if isinstance(source.path, Path) and source.path.is_relative_to(images.source):
            return source.path.relative_to(images.source).as_posix()
    return images.names[n]
