"""The compact directory of a .zip has what `zipfile` has of each member."""

import io
import os
import zipfile
from pathlib import Path
from unittest.mock import patch

import pytest

from tailprobe.datasets.storage import zip_directory
from tailprobe.datasets.storage.file_source import FileSource
from tailprobe.datasets.storage.image_files import find_images
from tailprobe.datasets.storage.zip_directory import read_directory
from tailprobe.errors import InputError

KEPT = ("orig_filename", "header_offset", "compress_size", "file_size", "CRC", "compress_type", "flag_bits")
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)


def kept(info: zipfile.ZipInfo) -> tuple[object, ...]:
    return tuple(getattr(info, name) for name in KEPT)


def written(path: Path, *, before: bytes = b"") -> Path:
    """Write an archive with all that a directory may hold, after other bytes as in a program that unpacks itself."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.comment = b"a comment"
        for n in range(30):
            info = zipfile.ZipInfo(f"{29 - n:02d} {'éü☃'[n % 3]}.png")
            info.compress_type, info.comment = METHODS[n % 4], b"of a member"
            with archive.open(info, "w", force_zip64=n % 5 == 0) as member:
                member.write(bytes([n]) * 1000 * n)
        archive.writestr("folder/", b"")
        archive.writestr("folder/inner/a.png", b"a")
    path.write_bytes(before + stream.getvalue())
    return path


@pytest.mark.parametrize("batch", [1, 7, 4096])
@pytest.mark.parametrize("before", [b"", b"#!/bin/sh\n"])
def test_members_are_those_of_zipfile(tmp_path, batch, before):
    path = written(tmp_path / "a.zip", before=before)
    with patch.object(zip_directory, "_BATCH", batch), zipfile.ZipFile(path) as archive:
        directory = read_directory(path)
        assert sorted(map(kept, archive.infolist())) == [kept(info) for info in directory]
        for name in archive.namelist():
            assert kept(directory.info(name)) == kept(archive.getinfo(name))
            assert FileSource(path, name).read() == archive.read(name)
    with pytest.raises(KeyError, match="no member 'other'"):
        directory.info("other")


def test_large_offsets_are_kept(tmp_path):
    """Beyond 4 GiB, in a sparse file."""
    path = tmp_path / "large.zip"
    path.touch()
    os.truncate(path, 5 * 2**30)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("a.png", b"far away")
    assert read_directory(path).info("a.png").header_offset == 5 * 2**30
    assert FileSource(path, "a.png").read() == b"far away"


def test_the_last_of_several_members_of_one_name_counts(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("b.png", b"other")
        archive.writestr("a.png", b"first")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("a.png", b"second")
    assert FileSource(path, "a.png").read() == b"second"
    found = find_images(path)
    assert list(found.paths) == ["a.png", "b.png"]
    assert [source.read() for source in found.sources] == [b"second", b"other"]


def test_backslashes_are_folders_and_images_are_sorted_by_their_paths(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("a\\b.png", "a1.png", "c/d/e.png"):
            archive.writestr(name, name.encode())
    found = find_images(path)
    assert list(found.paths) == ["a/b.png", "a1.png", "c/d/e.png"]
    assert [source.read() for source in found.sources] == [b"a\\b.png", b"a1.png", b"c/d/e.png"]
    assert found.folders == ("a", "c", "c/d")


def test_a_name_with_a_null_byte_is_refused(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("aXexe.png", b"a")
        archive.writestr("b.png", b"b")
    path.write_bytes(path.read_bytes().replace(b"aXexe", b"a\0exe"))
    with pytest.raises(InputError, match=r"a\.zip!a: the name contains a null byte"):
        find_images(path)
    found = find_images(path, on_bad_image="skip")
    assert list(found.paths) == ["b.png"]
    assert found.notes == ("1 members of the archive left out as unusable (a)",)
