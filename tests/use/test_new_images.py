"""New images are listed in little memory: their names and sources are made when they are asked for."""

import io
import os
import tarfile
from pathlib import Path

import pytest

from tailprobe.datasets.storage.names import Names
from tailprobe.errors import InputError
from tailprobe.use.new_images import read_new_images


def packed(path: Path, names: list[str]) -> None:
    with tarfile.open(path, "w") as archive:
        for name in names:
            info = tarfile.TarInfo(name)
            info.size = len(name)
            archive.addfile(info, io.BytesIO(name.encode()))


def test_images_of_several_shards_are_read_from_their_own(tmp_path: Path) -> None:
    packed(tmp_path / "0.tar", ["a/1.png", "a/1.cls", "a/2.png"])
    packed(tmp_path / "1.tar", ["README"])
    packed(tmp_path / "2.tar", ["b/3.jpg"])
    found = read_new_images(tmp_path / "{0..2}.tar")
    assert isinstance(found.names, Names)
    assert [*found.names] == ["a/1", "a/2", "b/3"]
    contents = [b"a/1.png", b"a/2.png", b"b/3.jpg"]
    assert [source.read() for source in found.image_sources] == contents
    assert [found.image_sources[n].read() for n in (-3, -2, -1)] == contents
    assert [source.read() for source in found.image_sources[1:]] == contents[1:]
    assert [str(source).rpartition("/")[2] for source in found.image_sources[:1]] == ["1.png"]
    with pytest.raises(IndexError):
        found.image_sources[3]
    assert [source.read() for source in found.rows(found.names.order()[::-1]).image_sources] == contents[::-1]


def test_a_key_in_two_shards_is_refused(tmp_path: Path) -> None:
    packed(tmp_path / "0.tar", ["1.png", "2.png"])
    packed(tmp_path / "1.tar", ["2.png"])
    with pytest.raises(InputError, match=r"1\.tar!2\.png: key '2' is already in 0\.tar"):
        read_new_images(tmp_path / "{0..1}.tar")


def test_shards_without_an_image_are_refused(tmp_path: Path) -> None:
    packed(tmp_path / "0.tar", ["README"])
    with pytest.raises(InputError, match="no shard contains a usable sample"):
        read_new_images(tmp_path / "0.tar")


def test_files_whose_names_are_not_unicode_are_read(tmp_path: Path) -> None:
    for name in (b"b\xe9.png", b"a.png", b"c.png"):
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).write_bytes(name)
    found = read_new_images(tmp_path)
    assert [*found.names] == ["a.png", "b\\xe9.png", "c.png"]
    assert [source.read() for source in found.image_sources] == [b"a.png", b"b\xe9.png", b"c.png"]
