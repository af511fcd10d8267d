"""Group the members of WebDataset shards into samples."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from tailprobe.datasets.storage.image_files import EXTENSIONS, OnBadImage, preview
from tailprobe.datasets.storage.names import Names
from tailprobe.datasets.storage.tar import TarEntry, TarMember, TarMembers, list_members
from tailprobe.datasets.storage.url import Source
from tailprobe.datasets.webdataset.labels import LABELS, group_cell, label_cell
from tailprobe.errors import InputError

MAX_LABEL = 2**20  # largest label member, bytes
_KEY = re.compile(r"^((?:.*/)?[^./]+)\.([^/]+)$")  # up to the first dot of the last path component
_PACK = "pack the shard again without it"


@dataclass(frozen=True)
class Sample:
    """The members that share a key."""

    image: TarMember
    label: Any  # the parsed label; None if labels are not read
    group: str | None = None  # the value of the group key in its .json; None if groups are not read


@dataclass(frozen=True)
class _Skipped:
    """Members and samples that cannot be used: raised as an error, or collected for the notes."""

    on_bad_image: OnBadImage
    messages: list[str] = field(default_factory=list)

    def add(self, message: str, fix: str) -> None:
        if self.on_bad_image == "error":
            raise InputError(f"{message}; {fix} or pass --on-bad-image skip to leave it out")
        self.messages.append(message)

    def notes(self) -> tuple[str, ...]:
        number = len(self.messages)
        return (f"{number:,} members or samples left out: {preview(self.messages, shown=100)}",) if number else ()


def sample_key(name: str) -> tuple[str, str] | None:
    """Return key and extension of a member by WebDataset's rule, None if it does not belong to a sample.

    >>> sample_key("a.b/0001.left.JPG"), sample_key("README"), sample_key("a/.hidden.jpg")
    (('a.b/0001', 'left.jpg'), None, None)
    """
    found = _KEY.match(name.removeprefix("./"))
    return None if found is None else (found[1], found[2].lower())


def first_label(shards: Sequence[Source]) -> str:
    """Return the extension of the label in the first sample: the first of `LABELS` that exists.

    Raises:
        InputError: there is no sample, or it has no label.
    """
    for shard in shards:
        key, endings = _first_sample(shard)
        found = [ending for ending in LABELS if ending in endings]
        if found:
            return found[0]
        if key:
            has = ", ".join(f".{ending}" for ending in sorted(endings))
            raise InputError(
                f"{shard}!{key}: expected a label as .cls, .json or .txt next to the image, found {has}; "
                "pass a table of keys and labels with --labels"
            )
    raise InputError(f"{shards[0]}: no shard contains a sample; expected images as key.jpg with labels as key.cls")


def read_samples(
    shards: Sequence[Source],
    wanted: str | None,
    *,
    image: str | None,
    label: str | None,
    names: Sequence[str] | None,
    on_bad_image: OnBadImage,
    group: str | None = None,
) -> tuple[dict[str, Sample], tuple[str, ...]]:
    """Return the samples of all shards by key, in order, and notes on what was left out.

    Args:
        shards: the archives.
        wanted: the extension of label members, None to read no labels.
        image: the extension of the image, if samples have several.
        label, names: see `label_cell`.
        on_bad_image: "skip" leaves out members that cannot be used and samples without image or label.
        group: the key in the .json that names the group of a sample.

    Raises:
        InputError: as `tailprobe.datasets.readers.webdataset.read_webdataset`.
    """
    samples: dict[str, Sample] = {}
    skipped = _Skipped(on_bad_image)
    for shard in shards:
        images, cells, groups = _read_shard(shard, wanted, image, label, names, skipped, group)
        for key, tar_member in images.items():
            if key in samples:
                raise _repeated(key, tar_member, samples[key].image)
            if wanted is not None and key not in cells:
                skipped.add(f"{tar_member}: the sample has no label .{wanted}", "add it")
                continue
            samples[key] = Sample(tar_member, cells.get(key), groups.get(key))
        for key in cells:
            if key not in images:
                skipped.add(f"{shard}!{key}.{wanted}: the sample has no image", "add it")
    if not samples:
        raise _nothing_usable(shards, skipped)
    return samples, skipped.notes()


def read_images(shards: Sequence[Source], *, on_bad_image: OnBadImage) -> tuple[Names, TarMembers, tuple[str, ...]]:
    """Return the keys and images of all shards, in order, and notes on what was left out; labels are not read.

    Raises:
        InputError: as `tailprobe.datasets.readers.webdataset.read_webdataset`.
    """
    skipped, keys = _Skipped(on_bad_image), list[Names]()

    def archives() -> Iterator[list[TarMember]]:
        for shard in shards:
            images, _, _ = _read_shard(shard, None, None, None, None, skipped, None)
            if images:
                keys.append(Names([*images]))
                yield [*images.values()]

    members = TarMembers.of(archives())
    if not members:
        raise _nothing_usable(shards, skipped)
    names = Names.concat(keys)
    if not names.are_distinct():
        seen: dict[str, TarMember] = {}
        for key, member in zip(names, members, strict=True):
            if key in seen:
                raise _repeated(key, member, seen[key])
            seen[key] = member
    return names, members, skipped.notes()


def _repeated(key: str, member: TarMember, first: TarMember) -> InputError:
    return InputError(
        f"{member}: key {key!r} is already in {first.path.name}; give every sample a key that is unique across all "
        "shards"
    )


def _nothing_usable(shards: Sequence[Source], skipped: _Skipped) -> InputError:
    return InputError(
        f"{shards[0]}: no shard contains a usable sample; {'; '.join(skipped.messages[:1]) or 'add some'}"
    )


def _read_shard(
    shard: Source,
    wanted: str | None,
    image: str | None,
    label: str | None,
    names: Sequence[str] | None,
    skipped: _Skipped,
    group: str | None,
) -> tuple[dict[str, TarMember], dict[str, Any], dict[str, str]]:
    """Return images, labels and groups by key."""
    images: dict[str, TarMember] = {}
    cells: dict[str, Any] = {}
    groups: dict[str, str] = {}
    read = {wanted} if group is None else {wanted, "json"}
    for entry in list_members(shard, wanted=lambda name: _ending(name) in read, max_bytes=MAX_LABEL):
        split = sample_key(entry.tar_member.member)
        if group is not None and not entry.problem and split is not None and split[1] == "json":
            groups[split[0]] = group_cell(entry.data, group, where=str(entry.tar_member))
        if entry.problem:
            skipped.add(f"{entry.tar_member}: {entry.problem}", _PACK)
        elif split is not None and split[1] == wanted:
            if split[0] in cells:
                raise InputError(
                    f"{entry.tar_member}: key {split[0]!r} has a second label with this extension; keep one"
                )
            cells[split[0]] = label_cell(entry.data, split[1], where=str(entry.tar_member), label=label, names=names)
        elif split is not None and is_image(split[1]) and image in (None, split[1]):
            _add_image(images, split[0], entry)
    return images, cells, groups


def _add_image(images: dict[str, TarMember], key: str, entry: TarEntry) -> None:
    if key in images:
        raise InputError(
            f"{entry.tar_member}: key {key!r} already has the image {images[key].member}; keep one, or choose one by "
            f"its extension with --read image={(sample_key(entry.tar_member.member) or ('', ''))[1]}"
        )
    images[key] = entry.tar_member


def is_image(ending: str) -> bool:
    """Return whether an extension, such as `jpg` or `left.jpg`, is that of an image."""
    return f".{ending.rpartition('.')[2]}" in EXTENSIONS


def _ending(name: str) -> str:
    split = sample_key(name)
    return "" if split is None else split[1]


def _first_sample(shard: Source) -> tuple[str, set[str]]:
    key, endings = "", set[str]()
    for entry in list_members(shard, wanted=lambda name: False, max_bytes=MAX_LABEL):
        split = sample_key(entry.tar_member.member)
        if split is not None and key not in ("", split[0]):
            break
        if split is not None:
            key = split[0]
            endings.add(split[1])
    return key, endings
