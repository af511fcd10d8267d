"""WebDataset: images and their labels side by side in .tar shards."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.pixels.bands import BandSelection, Composite
from tailprobe.datasets.registry import READERS, Reader
from tailprobe.datasets.storage.braces import expand_braces, is_pattern
from tailprobe.datasets.storage.image_files import EXTENSIONS, ImageFiles, OnBadImage, preview
from tailprobe.datasets.storage.tar import TarMember
from tailprobe.datasets.storage.url import Source, Url
from tailprobe.datasets.tables.columns import Columns
from tailprobe.datasets.tables.join import join_images
from tailprobe.datasets.tables.match import ImageNames
from tailprobe.datasets.tables.options import DEFAULT_TABLE_OPTIONS, TableOptions, flag
from tailprobe.datasets.tables.tags import TagTable, read_tags, tag_table
from tailprobe.datasets.webdataset.labels import class_names, sort_numeric_classes
from tailprobe.datasets.webdataset.samples import Sample, first_label, read_samples
from tailprobe.errors import InputError
from tailprobe.parts import parse_part

COMPRESSED = (".tgz", ".tar.gz", ".tar.bz2", ".tar.xz", ".tar.zst")
_LabelIn = Literal["cls", "json", "txt"]


def read_webdataset(
    source: Source,
    labels: Source | None = None,
    *,
    bands: BandSelection = Composite.RGB,
    on_bad_image: OnBadImage = "error",
    label_in: _LabelIn | None = None,
    image: str | None = None,
    table_options: TableOptions = DEFAULT_TABLE_OPTIONS,
) -> LabeledImages:
    """Read the samples of WebDataset shards: members with the same path up to the first dot of the file name.

    The label of a sample is its `.cls` (a class number or name), else its `.json` (a string, a number, or a list of
    them), else its `.txt` (tags); the type found in the first sample is used for all. If the names of all shards
    contain parts (`train-000.tar`, `val-000.tar`), these are the given parts.

    Args:
        source: a .tar, a folder of them, or a pattern such as `shards-{000..009}.tar`; uncompressed.
        labels: a table of keys and tags, which replaces the labels in the shards.
        bands: see `tailprobe.datasets.pixels.decode`.
        on_bad_image: "skip" leaves out members that cannot be used and samples without an image, and lists them.
        label_in: which member contains the label: cls, json or txt.
        image: the extension of the image, such as `left.jpg`, if samples have several images.
        table_options: how the labels are read: `classes` name class numbers in order, `label_columns` the key within
            the .json, by default the first of label, labels, tags, and `group_column` that of the group.

    Raises:
        InputError: a shard is missing, compressed, damaged or truncated; a member is a link, a device, sparse or too
            large, or its path leads out of the archive; a key occurs twice; a sample has no image, several, or no
            label; or as `read_tags`.
    """
    shards = find_shards(source)
    wanted = None if labels is not None else label_in or first_label(shards)
    options = table_options
    names = options.classes
    label = None if labels is not None or options.label_columns is None else options.label_columns[0]
    group = None if labels is not None else options.group_column
    samples, notes = read_samples(
        shards, wanted, image=image, label=label, names=names, on_bad_image=on_bad_image, group=group
    )
    if labels is None:
        table = _labels_in_shards(source, samples, options)
        kept = [samples[name] for name in table.names]
        notes = (f"labels taken from the members .{wanted}", *notes, *table.notes)
        given = table.given_parts
        images = LabeledImages(
            table.names,
            tuple(s.image for s in kept),
            table.labels,
            str(source),
            bands,
            given,
            notes,
            groups=table.groups,
        )
    else:
        # An empty extension, so that names in the table match keys, never keys with the image's extension.
        files = ImageFiles(
            source, [f"{key}." for key in samples], [sample.image for sample in samples.values()], notes=notes
        )
        table = read_tags(labels, options, ImageNames(files))
        images = join_images(table, files, bands=bands, on_bad_image=on_bad_image)
    return images if images.given_parts is not None else _with_parts(images)


def find_shards(source: Source) -> list[Source]:
    """Return the .tar files of a source, sorted by name, or in the order of a pattern.

    Raises:
        InputError: there is none, one is missing, or all are compressed.
    """
    if is_pattern(source.path if isinstance(source, Url) else str(source)):
        shards: list[Source] = (
            [*source.expanded()] if isinstance(source, Url) else [Path(name) for name in expand_braces(str(source))]
        )
        missing = [shard.name for shard in shards if not shard.is_file()]
        if missing:
            raise InputError(
                f"{source}: {len(missing):,} of {len(shards):,} shards are missing ({preview(missing)}); "
                "download them or narrow the pattern"
            )
        return shards
    if not source.is_dir():
        return [source]
    shards = _tars(source)
    if not shards:
        raise InputError(f"{source}: expected .tar files, found none; pass the folder that contains them")
    return shards


def _tars(folder: Source) -> list[Source]:
    """Return the .tar files of a folder and of its subfolders that are named like a part."""
    inner = [below for below in _sorted(folder) if parse_part(below.name) and below.is_dir()]
    folders = [folder, *inner]
    return [path for below in folders for path in _sorted(below) if path.suffix.lower() == ".tar"]


def _sorted(folder: Source) -> list[Source]:
    below: list[Source] = [*folder.iterdir()]
    return sorted(below, key=lambda path: path.name)


def _labels_in_shards(source: Source, samples: Mapping[str, Sample], options: TableOptions) -> TagTable:
    keys = tuple(samples)
    cells: list[Any] = [sample.label for sample in samples.values()]
    classes, notes = class_names(cells, options.classes)
    # By number, as keys may contain characters that names in a table must not.
    table: dict[str, list[Any]] = {"key": [str(n) for n in range(len(keys))], "labels": cells}
    if options.group_column is not None:
        table[options.group_column] = [sample.group for sample in samples.values()]
        if not any(table[options.group_column]):
            raise InputError(
                f"{source}: no sample has {options.group_column!r} in its .json; pass the key of the group with "
                f"{flag('group_column')}"
            )
    found = tag_table(
        Columns(source, table, range(len(keys)), [str(sample.image) for sample in samples.values()]),
        replace(options, image_column="key", label_columns=("labels",), classes=classes),
    )
    named = tuple(keys[int(name)] for name in found.names)
    return replace(found, names=named, labels=sort_numeric_classes(found.labels), notes=notes + found.notes)


def _with_parts(images: LabeledImages) -> LabeledImages:
    """Take parts from the shards' names if each name contains exactly one part and the parts differ."""
    shards = [source.path for source in images.image_sources if isinstance(source, TarMember)]
    part_of = {shard: _part_of(shard) for shard in set(shards)}
    if None in part_of.values() or len(set(part_of.values())) < 2:
        return images
    notes = (*images.notes, "parts taken from the shards' names")
    return replace(images, given_parts=tuple(part_of[shard] or "" for shard in shards), notes=notes)


def _part_of(shard: Source) -> str | None:
    for name in (shard.stem, shard.parent.name):
        found = {part for word in re.split(r"[-_.]", name) if (part := parse_part(word))}
        if found:
            return found.pop() if len(found) == 1 else None
    return None


def _recognises(source: Source, labels: Source | None) -> bool:
    name = source.name.lower()
    if name.endswith((".tar", *COMPRESSED)):
        return True
    if not source.is_dir():
        return False
    below = _sorted(source)
    shards = any(path.suffix.lower() == ".tar" for path in below)
    others = any(PurePosixPath(path.name).suffix.lower() in EXTENSIONS for path in below)
    folders = [path for path in below if path.is_dir() and not path.name.startswith(".")]
    if others or any(parse_part(path.name) is None for path in folders):
        return False
    return shards or (bool(folders) and bool(_tars(source)))


READERS.add(
    "webdataset",
    Reader(read_webdataset, _recognises, "WebDataset: .tar shards of images and labels", priority=True),
)
